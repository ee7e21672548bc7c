package io.metastore.server.tls;

import java.nio.file.Path;

/// A file of TLS.
///
/// @param key the setting that names it, for messages
public record TlsFile(String key, Path path) {
    /// What is to be said when it cannot be used.
    ///
    /// @param why   to be put behind the name of the file
    /// @param cause may be null
    TlsFailure refused(String why, Throwable cause) {
        return new TlsFailure(key, "\"" + path + "\" " + why, cause);
    }
}
