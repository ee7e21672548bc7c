package io.metastore.service.login;

import io.metastore.auth.AuthApplied;
import io.metastore.auth.AuthChange;
import io.metastore.auth.AuthState;
import io.metastore.auth.Principal;
import java.util.List;
import java.util.Optional;

/// How callers prove who they are once they have shown a password. Every member has its own; all of them know the same
/// tokens, since they learn of them where logins are applied, or from the token itself.
///
/// Any thread may ask.
public interface Tokens {
    /// Who `token` belongs to: whoever it was given to, as of `now`. Empty when it is nobody's, or not any more.
    Optional<Principal> principal(String token, AuthState now);

    /// Whether `token` may become somebody's once this member has applied more than `applied`.
    boolean isAwaited(String token, long applied);

    /// What a login carries to all members, drawn by chance; empty when tokens say everything themselves.
    String secret();

    /// The token of a login that was applied.
    ///
    /// @param index raft index of its entry
    /// @throws VerifyOnly when this member can tell whose a token is, but make none
    String issue(AuthChange.LogIn login, long index);

    /// Told on the apply thread what has changed, in order; must not block.
    void changed(List<AuthApplied> changes);

    /// Told once a second: forgets what has run out.
    void tick();

    /// There is a key to verify tokens with, and none to sign them.
    final class VerifyOnly extends RuntimeException {
        private static final long serialVersionUID = 1;

        VerifyOnly() {
            super("auth: token signing attempted with verify-only key");
        }
    }
}
