package io.metastore.auth;

import java.util.List;

/// Somebody who may be allowed something.
///
/// @param passwordHash of bcrypt; empty when nobody can log in with a password
/// @param passwordless whether the user was made without one: known by a certificate only
/// @param roles        in ascending order
public record User(String name, String passwordHash, boolean passwordless, List<String> roles) {
    /// The user that has to be there before permissions are checked (AUT-02).
    public static final String ROOT = "root";

    public User {
        roles = List.copyOf(roles);
    }

    boolean isRoot() {
        return roles.contains(Role.ROOT);
    }

    User withRoles(List<String> others) {
        return new User(name, passwordHash, passwordless, others);
    }

    /// Hides the hash.
    @Override
    public String toString() {
        return "User[" + name + ", " + roles + "]";
    }
}
