package io.metastore.auth;

import io.metastore.value.Bytes;

/// A change of users, roles, permissions or of whether they are checked. What takes long or is drawn by chance, such
/// as
/// the hash of a password, is done before it is proposed.
public sealed interface AuthChange {
    record Enable() implements AuthChange {}

    record Disable() implements AuthChange {}

    /// @param passwordHash of bcrypt, empty for none
    record AddUser(String name, String passwordHash, boolean passwordless) implements AuthChange {
        /// Hides the hash.
        @Override
        public String toString() {
            return "AddUser[" + name + "]";
        }
    }

    record DeleteUser(String name) implements AuthChange {}

    /// @param passwordHash of bcrypt; empty when nobody can log in as the user any more
    record ChangePassword(String name, String passwordHash) implements AuthChange {
        /// Hides the hash.
        @Override
        public String toString() {
            return "ChangePassword[" + name + "]";
        }
    }

    record GrantRole(String user, String role) implements AuthChange {}

    record RevokeRole(String user, String role) implements AuthChange {}

    record AddRole(String name) implements AuthChange {}

    record DeleteRole(String name) implements AuthChange {}

    /// @param permission null when the caller gave none
    record GrantPermission(String role, Permission permission) implements AuthChange {}

    /// @param rangeEnd exactly as it was granted
    record RevokePermission(String role, Bytes key, Bytes rangeEnd) implements AuthChange {}

    /// Somebody has shown the password.
    ///
    /// @param revision at which it was compared
    /// @param secret   drawn by chance: the beginning of the token, when tokens are kept by members
    record LogIn(String user, long revision, String secret) implements AuthChange {
        /// Hides the secret.
        @Override
        public String toString() {
            return "LogIn[" + user + "]";
        }
    }
}
