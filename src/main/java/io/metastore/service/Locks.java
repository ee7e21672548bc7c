package io.metastore.service;

import io.metastore.machine.Command;
import io.metastore.machine.Compare;
import io.metastore.machine.Operation;
import io.metastore.machine.Outcome;
import io.metastore.machine.Result;
import io.metastore.mvcc.RangeQuery;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import io.metastore.value.StoreError;
import io.metastore.watch.WatchHub;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Locks as etcd's clients make them: a key below the name for each contender, bound to its lease. Whose key was
/// created
/// first has the lock; each of the others waits for the one just before it, so that an end wakes one of them.
///
/// ```
/// key          created at
/// jobs/17      5            has the lock
/// jobs/2a      7            waits for jobs/17
/// jobs/b3      8            waits for jobs/2a
/// ```
public final class Locks {
    /// Of a lock for which the caller named no lease.
    private static final long OWN_LEASE_SECONDS = 60;

    private final KvService kv;
    private final LeaseService leases;
    private final Deletions deletions;

    /// What the state refuses.
    public static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final StoreError error;

        private Refused(StoreError error) {
            super(error.name(), null, false, false);
            this.error = error;
        }

        public StoreError error() {
            return error;
        }
    }

    /// The contender's key is gone: its lease has ended, or somebody deleted it.
    public static final class SessionExpired extends RuntimeException {
        private static final long serialVersionUID = 1;

        private SessionExpired() {
            super("mutex: session is expired", null, false, false);
        }
    }

    /// A lock that is held.
    ///
    /// @param key      what to unlock
    /// @param revision of the store when that was known
    public record Held(Bytes key, long revision) {}

    public Locks(KvService kv, LeaseService leases, WatchHub watches) {
        this.kv = kv;
        this.leases = leases;
        this.deletions = new Deletions(watches);
    }

    /// Yields once the lock is held. Giving the wait up, or its failure, deletes the contender's key.
    ///
    /// @param lease 0 for one of a minute that nobody renews
    public Uni<Held> lock(Bytes name, long lease) {
        Uni<Long> session = lease != 0
                ? Uni.createFrom().item(lease)
                : done(leases.grant(0, OWN_LEASE_SECONDS)).map(Result.Grant::id);
        return session.flatMap(id -> contend(name, id));
    }

    /// Gives a lock up, whoever holds it; nothing happens when there is none. Yields the store's revision.
    public Uni<Long> unlock(Bytes key) {
        return done(kv.write(new Command.DeleteRange(KeyRange.single(key), false)))
                .map(Result.Delete::revision);
    }

    private Uni<Held> contend(Bytes name, long lease) {
        String prefix = new String(name.array(), StandardCharsets.ISO_8859_1) + "/";
        Bytes start = bytes(prefix);
        // What comes after a slash.
        KeyRange contenders = KeyRange.of(start, bytes(prefix.substring(0, prefix.length() - 1) + "0"));
        Bytes key = bytes(prefix + Long.toHexString(lease));
        return done(kv.write(entry(key, contenders, lease))).flatMap(entered -> {
            KeyValue owner = first(entered.responses().getLast());
            long mine = entered.succeeded()
                    ? entered.revision()
                    : first(entered.responses().getFirst()).createRevision();
            if (owner == null || owner.createRevision() == mine) {
                return Uni.createFrom().item(new Held(key, entered.revision()));
            }
            Uni<Void> turn = turn(contenders, mine);
            return turn.onFailure()
                    .call(() -> unlock(key))
                    .onCancellation()
                    .call(() -> unlock(key))
                    .flatMap(_ -> held(key));
        });
    }

    /// Puts the key unless it is there, and tells who is first.
    private static Command.Txn entry(Bytes key, KeyRange contenders, long lease) {
        Operation first = new Operation.Range(new RangeQuery(
                contenders,
                0,
                1,
                RangeQuery.Detail.FULL,
                new RangeQuery.Order(RangeQuery.Direction.ASCEND, RangeQuery.Target.CREATE),
                RangeQuery.Filter.NONE));
        return new Command.Txn(
                List.of(new Compare(
                        KeyRange.single(key), Compare.Target.CREATE, Compare.Relation.EQUAL, 0, Bytes.EMPTY)),
                List.of(new Operation.Put(new Command.Put(key, Bytes.EMPTY, lease, false, false, false)), first),
                List.of(new Operation.Range(RangeQuery.all(KeyRange.single(key))), first));
    }

    private static KeyValue first(Result range) {
        List<KeyValue> found = ((Result.Range) range).range().keyValues();
        return found.isEmpty() ? null : found.getFirst();
    }

    /// Yields once nobody is left who came before.
    private Uni<Void> turn(KeyRange contenders, long mine) {
        RangeQuery before = new RangeQuery(
                contenders,
                0,
                1,
                RangeQuery.Detail.FULL,
                new RangeQuery.Order(RangeQuery.Direction.DESCEND, RangeQuery.Target.CREATE),
                new RangeQuery.Filter(0, 0, 0, mine - 1));
        return done(kv.range(before, false)).flatMap(found -> {
            List<KeyValue> last = found.range().keyValues();
            return last.isEmpty()
                    ? Uni.createFrom().voidItem()
                    : deletions.of(last.getFirst().key(), found.revision() + 1).flatMap(_ -> turn(contenders, mine));
        });
    }

    private Uni<Held> held(Bytes key) {
        return done(kv.range(RangeQuery.all(KeyRange.single(key)), false)).map(found -> {
            if (found.range().keyValues().isEmpty()) {
                throw new SessionExpired();
            }
            return new Held(key, found.revision());
        });
    }

    private static <R> Uni<R> done(Uni<Outcome<R>> outcome) {
        return outcome.map(ended -> switch (ended) {
            case Outcome.Done<R>(R result) -> result;
            case Outcome.Refused<R>(StoreError error) -> throw new Refused(error);
        });
    }

    /// A name is bytes of any kind.
    private static Bytes bytes(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
