package io.metastore.service;

import io.metastore.auth.AuthState;
import io.metastore.auth.Principal;
import io.metastore.lease.Leases;
import io.metastore.mvcc.View;
import io.metastore.service.login.Credentials;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.StoreError;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// Decides who may renew a lease and who may see which keys hang on it: only who may do so with each of the keys
/// (LEA-27). Leases without keys are everybody's who is known.
public final class LeaseRights {
    private final AccessControl access;
    private final Reading reading;

    public LeaseRights(AccessControl access, Reading reading) {
        this.access = access;
        this.reading = reading;
    }

    /// What has to be allowed with a key.
    private interface Rule {
        Optional<StoreError> of(AuthState state, Principal who, KeyRange key);
    }

    /// Runs `call` if who shows `credentials` may change all keys of lease `id`; fails with [Denied] else.
    public <T> Uni<T> renewing(Credentials credentials, long id, Supplier<Uni<T>> call) {
        return allowed(credentials, () -> List.of(id), AuthState::mayWrite, call);
    }

    /// Runs `call` if who shows `credentials` may read all keys of these leases; fails with [Denied] else.
    ///
    /// @param ids asked for once it is known who that is
    public <T> Uni<T> seeing(Credentials credentials, Supplier<List<Long>> ids, Supplier<Uni<T>> call) {
        return allowed(credentials, ids, AuthState::mayRead, call);
    }

    private <T> Uni<T> allowed(Credentials credentials, Supplier<List<Long>> ids, Rule rule, Supplier<Uni<T>> call) {
        return access.known(credentials, who -> {
            AuthState now = access.state();
            if (now.mayAdminister(who).isEmpty()) {
                return call.get();
            }
            return reading.local(view -> check(view, ids.get(), now, who, rule))
                    .flatMap(_ -> call.get())
                    .invoke(_ -> {
                        if (access.state().revision() != now.revision()) {
                            throw new Denied(StoreError.AUTH_OLD_REVISION);
                        }
                    });
        });
    }

    private static boolean check(View view, List<Long> ids, AuthState now, Principal who, Rule rule) {
        for (long id : ids) {
            for (Bytes key : Leases.keys(view.reads(), id)) {
                rule.of(now, who, KeyRange.single(key)).ifPresent(refusal -> {
                    throw new Denied(refusal);
                });
            }
        }
        return true;
    }
}
