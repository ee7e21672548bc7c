package io.metastore.machine;

import io.metastore.cluster.Alarm;
import io.metastore.cluster.Member;
import io.metastore.cluster.MemberChange;
import io.metastore.lease.Lease;
import io.metastore.mvcc.RangeResult;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import io.metastore.value.StoreError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/// What every command does, said as plainly as the statements say it: the oracle of the model test.
final class OracleMachine {
    final OracleStore store = new OracleStore();
    final Map<Long, Lease> leases = new TreeMap<>();
    final TreeSet<Alarm> alarms = new TreeSet<>();
    final Map<Long, Member> members = new TreeMap<>();
    final Set<Long> removed = new HashSet<>();

    Outcome<? extends Result> apply(Command<?> command, long index) {
        StoreError barred = barred(command);
        if (barred != null) {
            return new Outcome.Refused<>(barred);
        }
        return switch (command) {
            case Command.Put put -> put(put);
            case Command.DeleteRange delete -> request(delete(delete));
            case Command.Txn txn -> txn(txn);
            case Command.Compact compact -> compact(compact.revision());
            case Command.LeaseGrant grant -> grant(grant, index);
            case Command.LeaseRevoke revoke -> revoke(revoke);
            case Command.AlarmChange change -> alarm(change);
            case Command.ClusterStart start -> {
                if (members.isEmpty()) {
                    start.members().forEach(member -> members.put(member.id(), member));
                }
                yield new Outcome.Done<>(new Result.MemberPublish(store.revision()));
            }
            case Command.MemberPublish publish -> {
                members.computeIfPresent(
                        publish.id(),
                        (id, known) -> known.incarnation().admits(publish.incarnation())
                                ? new Member(
                                        id,
                                        publish.name(),
                                        known.peerUrls(),
                                        publish.clientUrls(),
                                        known.learner(),
                                        publish.incarnation(),
                                        publish.featureLevel())
                                : known);
                yield new Outcome.Done<>(new Result.MemberPublish(store.revision()));
            }
            case Command.ChangeMembers(MemberChange change) -> change(change);
            case Command.ChangeAuth _, Command.As<?> _ ->
                throw new UnsupportedOperationException("the oracle knows no users: " + command);
        };
    }

    private Outcome<? extends Result> change(MemberChange change) {
        Member known = members.get(change.id());
        StoreError refusal = null;
        if (change instanceof MemberChange.Add add) {
            boolean taken = members.values().stream()
                    .flatMap(member -> member.peerUrls().stream())
                    .anyMatch(add.peerUrls()::contains);
            long learners = members.values().stream().filter(Member::learner).count();
            if (removed.contains(add.id())) {
                refusal = StoreError.MEMBER_NOT_FOUND;
            } else if (known != null) {
                refusal = StoreError.MEMBER_EXISTS;
            } else if (taken) {
                refusal = StoreError.PEER_URL_EXISTS;
            } else if (add.learner() && learners + 1 > add.learnersMax()) {
                refusal = StoreError.TOO_MANY_LEARNERS;
            } else {
                members.put(add.id(), Member.unstarted(add.id(), add.peerUrls(), add.learner()));
            }
        } else if (known == null) {
            refusal = StoreError.MEMBER_NOT_FOUND;
        } else if (change instanceof MemberChange.Remove) {
            members.remove(change.id());
            removed.add(change.id());
        } else if (change instanceof MemberChange.Promote) {
            if (known.learner()) {
                members.put(known.id(), known.with(known.peerUrls(), false));
            } else {
                refusal = StoreError.MEMBER_NOT_LEARNER;
            }
        } else if (change instanceof MemberChange.Update update) {
            boolean taken = members.values().stream()
                    .filter(member -> member.id() != update.id())
                    .flatMap(member -> member.peerUrls().stream())
                    .anyMatch(update.peerUrls()::contains);
            if (taken) {
                refusal = StoreError.PEER_URL_EXISTS;
            } else {
                members.put(known.id(), known.with(update.peerUrls(), known.learner()));
            }
        }
        return refusal == null
                ? new Outcome.Done<>(new Result.ChangeMembers(List.copyOf(members.values()), store.revision()))
                : new Outcome.Refused<>(refusal);
    }

    /// ALM-03, ALM-07.
    private StoreError barred(Command<?> command) {
        if (command instanceof Command.AlarmChange
                || command instanceof Command.ClusterStart
                || command instanceof Command.MemberPublish
                || command instanceof Command.ChangeMembers) {
            return null;
        }
        if (alarms.stream().anyMatch(alarm -> alarm.type() == Alarm.Type.CORRUPT)) {
            return StoreError.CORRUPT;
        }
        boolean takesSpace = command instanceof Command.Put
                || command instanceof Command.LeaseGrant
                || (command instanceof Command.Txn txn && puts(txn));
        return takesSpace && !alarms.isEmpty() ? StoreError.NO_SPACE : null;
    }

    /// TXN-29: whichever branch holds a put.
    private static boolean puts(Command.Txn txn) {
        return puts(txn.success()) || puts(txn.failure());
    }

    private static boolean puts(List<Operation> operations) {
        return operations.stream()
                .anyMatch(operation -> operation instanceof Operation.Put
                        || (operation instanceof Operation.Nested nested && puts(nested.txn())));
    }

    private <R> Outcome<R> request(R result) {
        store.endRequest();
        return new Outcome.Done<>(result);
    }

    private Outcome<? extends Result> put(Command.Put put) {
        // KVP-05, then KVP-04.
        if (put.lease() != 0 && !leases.containsKey(put.lease())) {
            return new Outcome.Refused<>(StoreError.LEASE_NOT_FOUND);
        }
        if ((put.ignoreValue() || put.ignoreLease()) && store.newest(put.key()) == null) {
            return new Outcome.Refused<>(StoreError.KEY_NOT_FOUND);
        }
        return request(write(put));
    }

    private Result.Put write(Command.Put put) {
        KeyValue before = store.newest(put.key());
        Bytes value = put.ignoreValue() ? before.value() : put.value();
        long lease = put.ignoreLease() ? before.lease() : put.lease();
        store.put(put.key(), value, lease);
        return new Result.Put(put.previous() ? before : null, store.visibleRevision());
    }

    private Result.Delete delete(Command.DeleteRange delete) {
        List<KeyValue> found = store.in(delete.range(), Long.MAX_VALUE);
        found.forEach(pair -> store.delete(pair.key()));
        return new Result.Delete(found.size(), delete.previous() ? found : List.of(), store.visibleRevision());
    }

    private Outcome<? extends Result> compact(long revision) {
        if (revision <= store.compacted()) {
            return new Outcome.Refused<>(StoreError.COMPACTED);
        }
        if (revision > store.revision()) {
            return new Outcome.Refused<>(StoreError.FUTURE_REVISION);
        }
        store.compactTo(revision);
        return new Outcome.Done<>(new Result.Compact(store.revision()));
    }

    private Outcome<? extends Result> grant(Command.LeaseGrant grant, long index) {
        if (grant.ttlSeconds() > 9_000_000_000L) {
            return new Outcome.Refused<>(StoreError.LEASE_TTL_TOO_LARGE);
        }
        if (leases.containsKey(grant.id())) {
            return new Outcome.Refused<>(StoreError.LEASE_EXISTS);
        }
        leases.put(grant.id(), new Lease(grant.id(), grant.ttlSeconds(), index));
        return new Outcome.Done<>(new Result.Grant(grant.id(), grant.ttlSeconds(), store.revision()));
    }

    /// LEA-07. A key hangs on the lease that its newest version names (KVP-06, KVP-07, KVD-04).
    List<Bytes> keysOf(long lease) {
        return store.in(KeyRange.ALL, Long.MAX_VALUE).stream()
                .filter(pair -> pair.lease() == lease)
                .map(KeyValue::key)
                .toList();
    }

    private Outcome<? extends Result> revoke(Command.LeaseRevoke revoke) {
        Lease lease = leases.get(revoke.id());
        if (lease == null || (revoke.grantIndex() != 0 && revoke.grantIndex() != lease.grantIndex())) {
            return new Outcome.Refused<>(StoreError.LEASE_NOT_FOUND);
        }
        keysOf(revoke.id()).forEach(store::delete);
        leases.remove(revoke.id());
        store.endRequest();
        return new Outcome.Done<>(new Result.Revoke(store.revision()));
    }

    /// ALM-09, ALM-10.
    private Outcome<? extends Result> alarm(Command.AlarmChange change) {
        boolean shown = true;
        if (change.raise()) {
            alarms.add(change.alarm());
        } else {
            shown = alarms.remove(change.alarm());
        }
        List<Alarm> changed = shown ? List.of(change.alarm()) : List.of();
        return new Outcome.Done<>(new Result.AlarmChange(changed, store.revision()));
    }

    /// The branches that run: a tree parallel to the transaction's.
    private record Path(Command.Txn txn, boolean succeeded, List<Path> nested) {
        List<Operation> operations() {
            return succeeded ? txn.success() : txn.failure();
        }
    }

    /// TXN-16: all compares first, then all checks, then the operations.
    private Outcome<? extends Result> txn(Command.Txn txn) {
        Path path = path(txn);
        StoreError error = check(path, new ArrayList<>());
        return error != null ? new Outcome.Refused<>(error) : request(run(path));
    }

    private Path path(Command.Txn txn) {
        boolean succeeded = txn.compares().stream().allMatch(this::holds);
        List<Path> nested = new ArrayList<>();
        for (Operation operation : succeeded ? txn.success() : txn.failure()) {
            if (operation instanceof Operation.Nested inner) {
                nested.add(path(inner.txn()));
            }
        }
        return new Path(txn, succeeded, nested);
    }

    private boolean holds(Compare compare) {
        List<KeyValue> found = store.in(compare.range(), Long.MAX_VALUE);
        if (found.isEmpty()) {
            // TXN-11, TXN-12.
            return compare.target() != Compare.Target.VALUE
                    && relates(compare, new KeyValue(Bytes.EMPTY, Bytes.EMPTY, 0, 0, 0, 0));
        }
        return found.stream().allMatch(pair -> relates(compare, pair));
    }

    private static boolean relates(Compare compare, KeyValue pair) {
        int order = switch (compare.target()) {
            case VERSION -> Long.compare(pair.version(), compare.number());
            case CREATE -> Long.compare(pair.createRevision(), compare.number());
            case MOD -> Long.compare(pair.modRevision(), compare.number());
            case LEASE -> Long.compare(pair.lease(), compare.number());
            case VALUE -> pair.value().compareTo(compare.value());
            case UNKNOWN -> 0;
        };
        Predicate<Integer> relation = switch (compare.relation()) {
            case EQUAL -> sign -> sign == 0;
            case NOT_EQUAL -> sign -> sign != 0;
            case GREATER -> sign -> sign > 0;
            case LESS -> sign -> sign < 0;
            case UNKNOWN -> _ -> true;
        };
        return relation.test(order);
    }

    /// TXN-18 to TXN-20. A key that an earlier operation deletes is not there for ignore_value; etcd does not
    /// look and crashes when it gets there.
    private StoreError check(Path path, List<KeyRange> deleted) {
        int nested = 0;
        for (Operation operation : path.operations()) {
            StoreError error = null;
            if (operation instanceof Operation.Nested) {
                error = check(path.nested().get(nested++), deleted);
            } else if (operation instanceof Operation.Delete(Command.DeleteRange delete)) {
                deleted.add(delete.range());
            } else if (operation instanceof Operation.Range range) {
                error = readable(range.query().revision());
            } else if (operation instanceof Operation.Put(Command.Put put)) {
                error = checkPut(put, deleted);
            }
            if (error != null) {
                return error;
            }
        }
        return null;
    }

    private StoreError checkPut(Command.Put put, List<KeyRange> deleted) {
        if (put.lease() != 0 && !leases.containsKey(put.lease())) {
            return StoreError.LEASE_NOT_FOUND;
        }
        boolean gone = store.newest(put.key()) == null || deleted.stream().anyMatch(range -> range.contains(put.key()));
        return (put.ignoreValue() || put.ignoreLease()) && gone ? StoreError.KEY_NOT_FOUND : null;
    }

    private StoreError readable(long asked) {
        if (asked == 0) {
            return null;
        }
        if (asked > store.revision()) {
            return StoreError.FUTURE_REVISION;
        }
        return asked < store.compacted() ? StoreError.COMPACTED : null;
    }

    private Result.Txn run(Path path) {
        List<Result> responses = new ArrayList<>();
        int nested = 0;
        for (Operation operation : path.operations()) {
            responses.add(
                    switch (operation) {
                        case Operation.Range(var query) -> range(query);
                        case Operation.Put(Command.Put put) -> write(put);
                        case Operation.Delete(Command.DeleteRange delete) -> delete(delete);
                        case Operation.Nested _ -> run(path.nested().get(nested++));
                    });
        }
        return new Result.Txn(path.succeeded(), responses, store.visibleRevision());
    }

    private Result.Range range(io.metastore.mvcc.RangeQuery query) {
        RangeResult result = store.range(query, query.revision() > 0 ? query.revision() : Long.MAX_VALUE);
        return new Result.Range(result);
    }
}
