package io.metastore.auth;

/// Who asks.
///
/// @param user     name
/// @param revision of users, roles and permissions by which the caller was let in; what is done later by others is
///                 refused (AUT-28). 0 for nobody: a caller without credentials
public record Principal(String user, long revision) {
    /// A caller who gave no credentials.
    public static final Principal NOBODY = new Principal("", 0);

    public boolean isNobody() {
        return revision == 0;
    }
}
