package io.metastore.service.login;

import java.util.Optional;

/// What a caller shows to say who it is.
///
/// @param token      as it was given out; absent when none was sent
/// @param commonName of the certificate by which the connection was let in; absent where none is asked for
public record Credentials(Optional<String> token, Optional<String> commonName) {
    /// Of a caller who shows nothing.
    public static final Credentials NONE = new Credentials(Optional.empty(), Optional.empty());

    /// Hides the token.
    @Override
    public String toString() {
        return "Credentials[" + (token.isPresent() ? "token" : "no token") + ", " + commonName + "]";
    }
}
