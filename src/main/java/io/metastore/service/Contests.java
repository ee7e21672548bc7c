package io.metastore.service;

import io.metastore.machine.Command;
import io.metastore.machine.Compare;
import io.metastore.machine.Operation;
import io.metastore.machine.Outcome;
import io.metastore.machine.Result;
import io.metastore.mvcc.RangeQuery;
import io.metastore.service.login.Credentials;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import io.metastore.value.StoreError;
import io.metastore.watch.WatchHub;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/// Who comes first, as etcd's clients settle it: a key below a name for each contender, bound to its lease. Whose key
/// was created first has it; each of the others waits for the one just before it, so that an end wakes one of them.
///
/// ```
/// key          created at
/// jobs/17      5            has it
/// jobs/2a      7            waits for jobs/17
/// jobs/b3      8            waits for jobs/2a
/// ```
final class Contests {
    /// Of a contender that named no lease.
    private static final long OWN_LEASE_SECONDS = 60;

    private final KvService kv;
    private final LeaseService leases;
    private final Deletions deletions;
    private final AccessControl access;
    private final Credentials caller;

    Contests(KvService kv, LeaseService leases, WatchHub watches, AccessControl access) {
        this(kv, leases, new Deletions(watches), access, Credentials.NONE);
    }

    private Contests(KvService kv, LeaseService leases, Deletions deletions, AccessControl access, Credentials caller) {
        this.kv = kv;
        this.leases = leases;
        this.deletions = deletions;
        this.access = access;
        this.caller = caller;
    }

    /// The same for who shows `credentials`.
    Contests as(Credentials credentials) {
        return new Contests(kv, leases, deletions, access, credentials);
    }

    /// What one contender contends with.
    ///
    /// @param contenders keys of all of them
    record Entry(Bytes key, KeyRange contenders, long lease) {}

    /// How an entry stands.
    ///
    /// @param created  revision at which the contender's key was created
    /// @param present  the contender's pair if it was there before
    /// @param owner    who is first; absent when nobody is any more
    /// @param revision of the store when that was known
    record Standing(long created, Optional<KeyValue> present, Optional<KeyValue> owner, long revision) {
        boolean isFirst() {
            return owner.isEmpty() || owner.get().createRevision() == created;
        }
    }

    /// @param lease 0 for one of a minute that nobody renews
    Uni<Entry> entry(Bytes name, long lease) {
        Uni<Long> session = lease != 0
                ? Uni.createFrom().item(lease)
                : done(access.known(caller, who -> leases.grant(who, 0, OWN_LEASE_SECONDS)))
                        .map(Result.Grant::id);
        return session.map(id -> new Entry(bytes(text(name) + "/" + Long.toHexString(id)), contenders(name), id));
    }

    static KeyRange contenders(Bytes name) {
        // A slash is followed by a zero.
        return KeyRange.of(bytes(text(name) + "/"), bytes(text(name) + "0"));
    }

    /// Puts the contender's key unless it is there, and tells how it stands.
    Uni<Standing> enter(Entry entry, Bytes value) {
        KeyRange own = KeyRange.single(entry.key());
        Operation first = new Operation.Range(first(entry.contenders()));
        return write(new Command.Txn(
                        List.of(new Compare(own, Compare.Target.CREATE, Compare.Relation.EQUAL, 0, Bytes.EMPTY)),
                        List.of(
                                new Operation.Put(
                                        new Command.Put(entry.key(), value, entry.lease(), false, false, false)),
                                first),
                        List.of(new Operation.Range(RangeQuery.all(own)), first)))
                .map(txn -> {
                    Optional<KeyValue> present = txn.succeeded()
                            ? Optional.empty()
                            : pair(txn.responses().getFirst());
                    return new Standing(
                            present.map(KeyValue::createRevision).orElse(txn.revision()),
                            present,
                            pair(txn.responses().getLast()),
                            txn.revision());
                });
    }

    /// Whoever came first.
    static RangeQuery first(KeyRange contenders) {
        return one(contenders, RangeQuery.Direction.ASCEND, RangeQuery.Filter.NONE);
    }

    private static RangeQuery one(KeyRange range, RangeQuery.Direction direction, RangeQuery.Filter filter) {
        return new RangeQuery(
                range, 0, 1, RangeQuery.Detail.FULL, new RangeQuery.Order(direction, RangeQuery.Target.CREATE), filter);
    }

    /// Yields once nobody is left who came before `created`.
    Uni<Void> turn(KeyRange contenders, long created) {
        RangeQuery before = one(contenders, RangeQuery.Direction.DESCEND, new RangeQuery.Filter(0, 0, 0, created - 1));
        return read(before)
                .flatMap(found -> pair(found)
                        .map(last ->
                                deletions.of(last.key(), found.revision() + 1).flatMap(_ -> turn(contenders, created)))
                        .orElseGet(() -> Uni.createFrom().voidItem()));
    }

    Uni<Result.Range> read(RangeQuery query) {
        Guard guard = access.guard(caller, (state, who) -> state.mayRead(who, query.range()));
        return done(access.settled(caller, () -> kv.range(query, false, guard)));
    }

    <R extends Result> Uni<R> write(Command<R> command) {
        return done(access.as(caller, who -> kv.write(AccessControl.of(who, command))));
    }

    static Optional<KeyValue> pair(Result range) {
        return ((Result.Range) range).range().keyValues().stream().findFirst();
    }

    private static <R> Uni<R> done(Uni<Outcome<R>> outcome) {
        return outcome.map(ended -> switch (ended) {
            case Outcome.Done<R>(R result) -> result;
            case Outcome.Refused<R>(StoreError error) -> throw new ContestRefused(error);
        });
    }

    /// A name is bytes of any kind.
    private static String text(Bytes name) {
        return new String(name.array(), StandardCharsets.ISO_8859_1);
    }

    private static Bytes bytes(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
