package io.metastore.server;

import io.metastore.auth.AuthApplied;
import io.metastore.auth.AuthChange;
import io.metastore.machine.Replicas;
import io.metastore.server.tls.TlsFailure;
import io.metastore.service.AccessControl;
import io.metastore.service.AuthService;
import io.metastore.service.Proposals;
import io.metastore.service.Reading;
import io.metastore.service.login.Passwords;
import io.metastore.service.login.Tokens;
import io.metastore.thread.Threads;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// Who may do what at a member: tokens and passwords of its own, users and roles of the replicated state.
final class MemberAuth implements AutoCloseable {
    private static final Duration DEFAULT_LIFE = Duration.ofSeconds(300);

    private final Tokens tokens;
    private final Passwords passwords;
    private final AccessControl access;
    private final AuthService service;

    /// @throws TlsFailure naming the file of a key that cannot be used
    MemberAuth(AuthConfig keys, Replicas replicas, Proposals proposals, Reading reading, Threads.Halt faults)
            throws TlsFailure {
        this.tokens = TokenConfig.parse(keys.authToken()).tokens(life(keys));
        this.passwords = new Passwords(keys.bcryptCost(), faults);
        this.access = new AccessControl(
                () -> replicas.get().accounts().state(),
                tokens,
                reading,
                () -> replicas.state().appliedIndex());
        this.service = new AuthService(
                proposals,
                reading,
                access,
                tokens,
                passwords,
                () -> replicas.get().members());
    }

    /// As in etcd, none means the default.
    private static Duration life(AuthConfig keys) {
        return keys.authTokenTtl() == 0 ? DEFAULT_LIFE : Duration.ofSeconds(keys.authTokenTtl());
    }

    void start(ScheduledExecutorService clock) {
        clock.scheduleWithFixedDelay(tokens::tick, 1, 1, TimeUnit.SECONDS);
    }

    /// Told on the apply thread what has changed. Returns whether somebody may do more or less than before.
    boolean changed(List<AuthApplied> changes) {
        tokens.changed(changes);
        return changes.stream().anyMatch(applied -> !(applied.change() instanceof AuthChange.LogIn));
    }

    AccessControl access() {
        return access;
    }

    AuthService service() {
        return service;
    }

    @Override
    public void close() {
        passwords.close();
    }
}
