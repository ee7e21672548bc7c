package io.metastore.machine;

import io.metastore.auth.Accounts;
import io.metastore.auth.AuthApplied;
import io.metastore.auth.AuthChange;
import io.metastore.auth.AuthState;
import io.metastore.auth.Principal;
import io.metastore.cluster.Alarm;
import io.metastore.cluster.Alarms;
import io.metastore.cluster.MemberChange;
import io.metastore.cluster.Members;
import io.metastore.lease.Lease;
import io.metastore.lease.LeaseChunk;
import io.metastore.mvcc.Chunk;
import io.metastore.mvcc.RevisionUnavailable;
import io.metastore.value.StoreError;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Applies commands to one chunk. One exhaustive switch: a new command does not compile until it is dealt
/// with here.
final class Applying {
    /// Longest time to live of a lease (LEA-04).
    private static final long LEASE_TTL_SECONDS_MAX = 9_000_000_000L;

    private final Chunk chunk;
    private final LeaseChunk leases;
    private final Alarms alarms;
    private final Members members;
    private final Accounts accounts;
    private final List<AuthApplied> authChanges = new ArrayList<>(0);
    private final KvApply kv;
    private final TxnApply txns;

    /// @param spill    run while a command changes many keys
    /// @param progress told how far a transaction has come
    Applying(
            Chunk chunk,
            LeaseChunk leases,
            Alarms alarms,
            Members members,
            Accounts accounts,
            Spill spill,
            EntryProgress progress) {
        this.chunk = chunk;
        this.leases = leases;
        this.alarms = alarms;
        this.members = members;
        this.accounts = accounts;
        this.kv = new KvApply(chunk, leases, spill);
        this.txns = new TxnApply(chunk, leases, kv, progress);
    }

    /// @param index    raft index of the entry that carries the command
    /// @param answered whether a caller waits for the result here; what only the answer needs may else be left
    ///     out (TXN-28)
    Outcome<? extends Result> apply(Command<?> command, long index, boolean answered) {
        Command<?> plain = command.plain();
        AuthState auth = accounts.state();
        if (auth.enabled()) {
            Principal who = command instanceof Command.As<?> as ? as.who() : Principal.NOBODY;
            Optional<StoreError> refusal = new Rights(auth, who, leases).refusal(plain);
            if (refusal.isPresent()) {
                return new Outcome.Refused<>(refusal.get());
            }
        }
        StoreError barred = barred(plain);
        if (barred != null) {
            return new Outcome.Refused<>(barred);
        }
        return switch (plain) {
            case Command.Put put -> kv.put(put);
            case Command.DeleteRange delete -> kv.delete(delete, answered);
            case Command.Txn txn -> txns.apply(txn, answered);
            case Command.Compact compact -> compact(compact);
            case Command.LeaseGrant grant -> grant(grant, index);
            case Command.LeaseRevoke revoke -> revoke(revoke);
            case Command.AlarmChange change -> alarm(change);
            case Command.ClusterStart start -> {
                if (members.all().isEmpty()) {
                    start.members().forEach(member -> members.put(member, chunk.batch()));
                }
                yield done(new Result.MemberPublish(chunk.revision()));
            }
            case Command.MemberPublish publish -> {
                members.publish(
                        publish.id(),
                        publish.name(),
                        publish.clientUrls(),
                        publish.incarnation(),
                        publish.featureLevel(),
                        chunk.batch());
                yield done(new Result.MemberPublish(chunk.revision()));
            }
            case Command.ChangeMembers(MemberChange change) -> {
                Optional<StoreError> refusal = members.refusal(change);
                if (refusal.isPresent()) {
                    yield new Outcome.Refused<>(refusal.get());
                }
                members.change(change, chunk.batch());
                yield done(new Result.ChangeMembers(members.all(), chunk.revision()));
            }
            case Command.ChangeAuth(AuthChange change) -> auth(change, index);
            case Command.As<?> as -> throw twice(as);
        };
    }

    /// Does the rest of a command that was written in part: nothing of it is checked again, and nobody waits for its
    /// outcome.
    void rest(Command<?> command, EntryPosition position) {
        switch (command.plain()) {
            case Command.DeleteRange delete -> kv.rest(delete, false);
            case Command.Txn txn -> txns.rest(txn, position);
            case Command.LeaseRevoke revoke -> restOf(revoke);
            case Command.Put _,
                    Command.Compact _,
                    Command.LeaseGrant _,
                    Command.AlarmChange _,
                    Command.ClusterStart _,
                    Command.MemberPublish _,
                    Command.ChangeMembers _,
                    Command.ChangeAuth _ ->
                throw new IllegalStateException("command " + position.command() + " of entry " + position.index()
                        + " is " + command.getClass().getSimpleName() + ", which is never written in part");
            case Command.As<?> as -> throw twice(as);
        }
    }

    /// What an alarm stops: CORRUPT every change of keys and leases (ALM-07), NOSPACE what would take space
    /// (ALM-03).
    private StoreError barred(Command<?> command) {
        if (alarms.raised().isEmpty()) {
            return null;
        }
        boolean grows = switch (command) {
            case Command.Put _, Command.LeaseGrant _ -> true;
            case Command.Txn txn -> SpaceCost.of(txn) > 0;
            case Command.DeleteRange _,
                    Command.Compact _,
                    Command.LeaseRevoke _,
                    Command.AlarmChange _,
                    Command.ClusterStart _,
                    Command.MemberPublish _,
                    Command.ChangeMembers _,
                    Command.ChangeAuth _ -> false;
            case Command.As<?> as -> throw twice(as);
        };
        boolean changes = switch (command) {
            case Command.AlarmChange _,
                    Command.ClusterStart _,
                    Command.MemberPublish _,
                    Command.ChangeMembers _,
                    Command.ChangeAuth _ -> false;
            case Command.As<?> as -> throw twice(as);
            case Command.Put _,
                    Command.DeleteRange _,
                    Command.Txn _,
                    Command.Compact _,
                    Command.LeaseGrant _,
                    Command.LeaseRevoke _ -> true;
        };
        if (changes && alarms.isRaised(Alarm.Type.CORRUPT)) {
            return StoreError.CORRUPT;
        }
        return grows && alarms.isRaised(Alarm.Type.NO_SPACE) ? StoreError.NO_SPACE : null;
    }

    private static IllegalStateException twice(Command.As<?> as) {
        return new IllegalStateException("somebody asks for somebody: " + as);
    }

    private Outcome<Result.ChangeAuth> auth(AuthChange change, long index) {
        Optional<StoreError> refusal = accounts.change(change, chunk.batch());
        if (refusal.isPresent()) {
            return new Outcome.Refused<>(refusal.get());
        }
        authChanges.add(new AuthApplied(change, index));
        return done(new Result.ChangeAuth(index, chunk.revision()));
    }

    /// Changes of users, roles, permissions and tokens, in order.
    List<AuthApplied> authChanges() {
        return authChanges;
    }

    private Outcome<Result.Compact> compact(Command.Compact compact) {
        try {
            chunk.compact(compact.revision());
            return done(new Result.Compact(chunk.revision()));
        } catch (RevisionUnavailable e) {
            return new Outcome.Refused<>(e.error());
        }
    }

    private Outcome<Result.Grant> grant(Command.LeaseGrant grant, long index) {
        if (grant.ttlSeconds() > LEASE_TTL_SECONDS_MAX) {
            return new Outcome.Refused<>(StoreError.LEASE_TTL_TOO_LARGE);
        }
        if (leases.find(grant.id()) != null) {
            return new Outcome.Refused<>(StoreError.LEASE_EXISTS);
        }
        leases.grant(new Lease(grant.id(), grant.ttlSeconds(), index));
        return done(new Result.Grant(grant.id(), grant.ttlSeconds(), chunk.revision()));
    }

    private Outcome<Result.Revoke> revoke(Command.LeaseRevoke revoke) {
        Lease lease = leases.find(revoke.id());
        if (lease == null || (revoke.grantIndex() != 0 && revoke.grantIndex() != lease.grantIndex())) {
            return new Outcome.Refused<>(StoreError.LEASE_NOT_FOUND);
        }
        chunk.startRequest();
        leases.revoke(revoke.id());
        return restOf(revoke);
    }

    private Outcome<Result.Revoke> restOf(Command.LeaseRevoke revoke) {
        kv.deleteKeysOf(revoke.id());
        chunk.endRequest();
        return done(new Result.Revoke(chunk.revision()));
    }

    private Outcome<Result.AlarmChange> alarm(Command.AlarmChange change) {
        boolean changed = true;
        if (change.raise()) {
            alarms.raise(change.alarm(), chunk.batch());
        } else {
            changed = alarms.end(change.alarm(), chunk.batch());
        }
        return done(new Result.AlarmChange(changed ? List.of(change.alarm()) : List.of(), chunk.revision()));
    }

    static <R> Outcome<R> done(R result) {
        return new Outcome.Done<>(result);
    }
}
