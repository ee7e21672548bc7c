package io.metastore.server.tls;

/// Told of certificates that are not let in.
public interface Refusals {
    /// Called once for each handshake that fails so, on the thread of that handshake, before the connection
    /// ends: several connections may call at once. Must not block and must not throw.
    ///
    /// @param shownBy host of the other side, empty when it is not known
    void refused(String shownBy, RefusedCertificate refusal);
}
