package io.metastore.machine;

import io.metastore.auth.AuthChange;
import io.metastore.auth.AuthState;
import io.metastore.auth.Principal;
import io.metastore.lease.LeaseChunk;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.StoreError;
import java.util.List;
import java.util.Optional;

/// Decides whether a command may be applied for who asks, by what users and roles are where it is applied: the same on
/// every member (AUT-22, AUT-28).
///
/// What members do on their own, such as revoking a lease that ran out, nobody asks for, and it is always allowed
/// (AUT-31).
public final class Rights {
    private static final Optional<StoreError> ALLOWED = Optional.empty();

    private final AuthState state;
    private final Principal who;

    /// Null where nothing is known of leases.
    private final LeaseChunk leases;

    /// Why `who` may not do what `command` says, as far as leases have nothing to do with it; empty when it may.
    public static Optional<StoreError> refusal(AuthState state, Principal who, Command<?> command) {
        return new Rights(state, who, null).refusal(command);
    }

    Rights(AuthState state, Principal who, LeaseChunk leases) {
        this.state = state;
        this.who = who;
        this.leases = leases;
    }

    Optional<StoreError> refusal(Command<?> command) {
        return switch (command) {
            case Command.Put put -> refusal(put);
            case Command.DeleteRange delete ->
                write(delete.range()).or(() -> delete.previous() ? read(delete.range()) : ALLOWED);
            case Command.Txn txn -> refusal(txn);
            case Command.LeaseRevoke revoke -> revoke.grantIndex() == 0 ? keysOf(revoke.id()) : ALLOWED;
            case Command.ChangeAuth(AuthChange change) ->
                change instanceof AuthChange.LogIn ? ALLOWED : state.mayAdminister(who);
            case Command.As<?> as -> throw new IllegalStateException("somebody asks for somebody: " + as);
            case Command.Compact _,
                    Command.LeaseGrant _,
                    Command.AlarmChange _,
                    Command.ClusterStart _,
                    Command.MemberPublish _,
                    Command.ChangeMembers _ -> ALLOWED;
        };
    }

    private Optional<StoreError> read(KeyRange range) {
        return state.mayRead(who, range);
    }

    private Optional<StoreError> write(KeyRange range) {
        return state.mayWrite(who, range);
    }

    private Optional<StoreError> refusal(Command.Put put) {
        KeyRange key = KeyRange.single(put.key());
        return write(key)
                .or(() -> put.lease() == 0 ? ALLOWED : keysOf(put.lease()))
                .or(() -> put.previous() ? read(key) : ALLOWED);
    }

    private Optional<StoreError> refusal(Command.Txn txn) {
        for (Compare compare : txn.compares()) {
            Optional<StoreError> refusal = read(compare.range());
            if (refusal.isPresent()) {
                return refusal;
            }
        }
        return refusal(txn.success()).or(() -> refusal(txn.failure()));
    }

    private Optional<StoreError> refusal(List<Operation> operations) {
        for (Operation operation : operations) {
            Optional<StoreError> refusal = switch (operation) {
                case Operation.Range range -> read(range.query().range());
                case Operation.Put put -> refusal(put.put());
                case Operation.Delete(Command.DeleteRange delete) ->
                    (delete.previous() ? read(delete.range()) : ALLOWED).or(() -> write(delete.range()));
                case Operation.Nested nested -> refusal(nested.txn());
            };
            if (refusal.isPresent()) {
                return refusal;
            }
        }
        return ALLOWED;
    }

    /// Whether the keys that hang on lease `id` may all be changed: who puts one more on it could keep them alive, who
    /// revokes it deletes them (LEA-27, LEA-28).
    private Optional<StoreError> keysOf(long id) {
        if (leases == null
                || leases.find(id) == null
                || state.mayAdminister(who).isEmpty()) {
            return ALLOWED;
        }
        Bytes after = null;
        LeaseChunk.Portion portion;
        do {
            portion = leases.keys(id, after);
            for (Bytes key : portion.keys()) {
                Optional<StoreError> refusal = write(KeyRange.single(key));
                if (refusal.isPresent()) {
                    return refusal;
                }
                after = key;
            }
        } while (!portion.last());
        return ALLOWED;
    }
}
