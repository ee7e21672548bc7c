package io.metastore.auth;

import java.util.List;

/// A named set of permissions.
///
/// @param permissions in ascending order of their keys
public record Role(String name, List<Permission> permissions) {
    /// The role whose users may do everything. It needs no entry of its own (AUT-04).
    public static final String ROOT = "root";

    public Role {
        permissions = List.copyOf(permissions);
    }
}
