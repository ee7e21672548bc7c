package io.metastore.consensus;

import io.metastore.thread.Threads;

/// The one way out for a fault: a bug, corruption, or an I/O error where state could be lost. It is never
/// counted and survived.
public interface Faults extends Threads.Halt {
    /// Stops the member, loudly.
    ///
    /// @param cause may be null
    @Override
    void halt(String what, Throwable cause);
}
