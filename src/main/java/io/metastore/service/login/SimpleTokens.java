package io.metastore.service.login;

import io.metastore.auth.AuthApplied;
import io.metastore.auth.AuthChange;
import io.metastore.auth.AuthState;
import io.metastore.auth.Principal;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/// Tokens that members remember: 16 letters drawn by chance, a dot, and the raft index of the login (AUT-25). One that
/// was not used for a while is forgotten, by each member for itself, and so are all at a restart.
///
/// They end with what they were given for: a deleted user's, those of a changed password (AUT-17), all when permissions
/// are not checked any more (AUT-30). Otherwise they take up with changes: who uses one is let in as of now (AUT-26).
public final class SimpleTokens implements Tokens {
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private static final int SECRET_LETTERS = 16;

    private final long lifeNanos;
    private final LongSupplier nanoTime;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, Held> held = new ConcurrentHashMap<>();

    /// @param life     how long a token lives that is not used
    /// @param nanoTime the time, in nanoseconds from some moment
    public SimpleTokens(Duration life, LongSupplier nanoTime) {
        this.lifeNanos = life.toNanos();
        this.nanoTime = nanoTime;
    }

    private static final class Held {
        private final String user;
        private volatile long usedNanos;

        private Held(String user, long usedNanos) {
            this.user = user;
            this.usedNanos = usedNanos;
        }
    }

    @Override
    public Optional<Principal> principal(String token, AuthState now) {
        Held found = held.get(token);
        if (found == null) {
            return Optional.empty();
        }
        found.usedNanos = nanoTime.getAsLong();
        return Optional.of(new Principal(found.user, now.revision()));
    }

    @Override
    public boolean isAwaited(String token, long applied) {
        int dot = token.indexOf('.');
        if (dot < 0 || dot != token.lastIndexOf('.')) {
            return false;
        }
        try {
            return Long.parseUnsignedLong(token, dot + 1, token.length(), 10) > applied;
        } catch (NumberFormatException _) {
            return false;
        }
    }

    @Override
    public String secret() {
        StringBuilder secret = new StringBuilder(SECRET_LETTERS);
        for (int i = 0; i < SECRET_LETTERS; i++) {
            secret.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return secret.toString();
    }

    @Override
    public String issue(AuthChange.LogIn login, long index) {
        return login.secret() + "." + index;
    }

    @Override
    public void changed(List<AuthApplied> changes) {
        for (AuthApplied applied : changes) {
            switch (applied.change()) {
                case AuthChange.LogIn in ->
                    held.put(issue(in, applied.index()), new Held(in.user(), nanoTime.getAsLong()));
                case AuthChange.DeleteUser(String name) -> forget(name);
                case AuthChange.ChangePassword to -> forget(to.name());
                case AuthChange.Disable _ -> held.clear();
                case AuthChange.Enable _,
                        AuthChange.AddUser _,
                        AuthChange.GrantRole _,
                        AuthChange.RevokeRole _,
                        AuthChange.AddRole _,
                        AuthChange.DeleteRole _,
                        AuthChange.GrantPermission _,
                        AuthChange.RevokePermission _ -> {}
            }
        }
    }

    private void forget(String user) {
        held.values().removeIf(token -> token.user.equals(user));
    }

    @Override
    public void tick() {
        long now = nanoTime.getAsLong();
        held.values().removeIf(token -> now - token.usedNanos > lifeNanos);
    }

    /// Tokens that are remembered.
    public int count() {
        return held.size();
    }
}
