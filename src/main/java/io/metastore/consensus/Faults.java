package io.metastore.consensus;

/// The one way out for a fault: a bug, corruption, or an I/O error where state could be lost. It is never
/// counted and survived.
public interface Faults {
    /// Stops the member, loudly.
    ///
    /// @param cause may be null
    void halt(String what, Throwable cause);
}
