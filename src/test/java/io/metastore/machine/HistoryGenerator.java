package io.metastore.machine;

import io.metastore.cluster.Alarm;
import io.metastore.cluster.Incarnation;
import io.metastore.cluster.Member;
import io.metastore.mvcc.RangeQuery;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/// Makes random histories. It runs an oracle along, so that commands meet a state in which they do something.
final class HistoryGenerator {
    private static final byte[] ALPHABET = {0, 1, 'a', 'b', (byte) 0xfe, (byte) 0xff};
    private static final long[] LEASES = {1, 2, 3, 4, 5, 6, 7, 255, 256, -1, -2, Long.MIN_VALUE, Long.MAX_VALUE};

    private final Random random;
    private final OracleMachine oracle = new OracleMachine();
    /// How long keys get: one of few hot keys, or one of more than a thousand.
    private final int keyLength;

    private final boolean batching;

    private long index;

    HistoryGenerator(long seed) {
        this(seed, true);
    }

    /// @param batching whether entries hold several commands and chunks several entries, or one each
    HistoryGenerator(long seed, boolean batching) {
        random = new Random(seed);
        this.batching = batching;
        keyLength = 2 + random.nextInt(3);
    }

    List<HistoryStep> steps(int commands) {
        List<HistoryStep> steps = new ArrayList<>();
        int made = 0;
        while (made < commands) {
            HistoryStep.Apply apply = apply();
            steps.add(apply);
            made += apply.entries().stream()
                    .mapToInt(entry -> entry.commands().size())
                    .sum();
            between(steps);
        }
        steps.add(check());
        return steps;
    }

    private void between(List<HistoryStep> steps) {
        if (chance(30)) {
            steps.add(new HistoryStep.Collect(1 + random.nextInt(chance(50) ? 5 : 200)));
        }
        if (chance(40)) {
            steps.add(check());
        }
        if (chance(5)) {
            steps.add(new HistoryStep.Hold());
        }
        if (chance(2)) {
            steps.add(new HistoryStep.StoreCounts());
        }
        if (chance(2)) {
            steps.add(new HistoryStep.Flush());
        }
        if (chance(1)) {
            steps.add(chance(30) ? new HistoryStep.Reopen() : new HistoryStep.Crash(random.nextInt(4)));
        }
    }

    private HistoryStep.Apply apply() {
        List<HistoryStep.Entry> entries = new ArrayList<>();
        int count = 1 + random.nextInt(batching ? 6 : 40);
        for (int i = 0; i < count; i++) {
            // Entries without commands take indexes too, so there are gaps.
            index += chance(5) ? 2 : 1;
            int size = !batching || chance(30) ? 1 : 1 + random.nextInt(20);
            List<Command<?>> commands = new ArrayList<>();
            for (int j = 0; j < size; j++) {
                Command<?> command = command();
                oracle.apply(command, index);
                commands.add(command);
            }
            entries.add(new HistoryStep.Entry(index, commands, chance(70), batching && chance(50)));
        }
        ChunkLimits limits =
                batching ? new ChunkLimits(1 + random.nextInt(60), 1 + random.nextInt(20_000)) : new ChunkLimits(1, 1);
        return new HistoryStep.Apply(entries, limits);
    }

    private HistoryStep.Check check() {
        List<RangeQuery> queries = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            queries.add(query());
        }
        long current = oracle.store.revision();
        long from = chance(50) ? Math.max(0, oracle.store.compacted()) : Math.max(1, current - random.nextInt(50));
        return new HistoryStep.Check(queries, from, chance(15) ? revision() : -1);
    }

    private Command<?> command() {
        if (!oracle.alarms.isEmpty() && chance(20)) {
            return new Command.AlarmChange(false, oracle.alarms.first());
        }
        int dice = random.nextInt(1000);
        if (dice < 480) {
            return put(key());
        } else if (dice < 580) {
            return delete();
        } else if (dice < 880) {
            return txn(2, new HashSet<>());
        } else if (dice < 890) {
            return new Command.Compact(compactTarget());
        } else if (dice < 945) {
            return new Command.LeaseGrant(lease(), chance(5) ? 9_000_000_001L : 2 + random.nextInt(1000));
        } else if (dice < 990) {
            return revoke();
        } else if (dice < 994) {
            return new Command.AlarmChange(chance(70), alarm());
        }
        Member member = member();
        return chance(50)
                ? new Command.ClusterStart(
                        member.id() == 7 ? List.of(member) : List.of(member, Member.unstarted(7, List.of(), false)))
                : new Command.MemberPublish(
                        member.id(),
                        member.name(),
                        member.clientUrls(),
                        new Incarnation(chance(80) ? 1 : 2, 5),
                        random.nextInt(3));
    }

    private long compactTarget() {
        if (chance(20)) {
            return chance(50) ? oracle.store.compacted() : revision();
        }
        long span = oracle.store.revision() - Math.max(0, oracle.store.compacted());
        return oracle.store.compacted() + 1 + random.nextLong(span + 1);
    }

    private Command.LeaseRevoke revoke() {
        long id = lease();
        long grantIndex = 0;
        if (chance(40) && oracle.leases.containsKey(id)) {
            grantIndex = oracle.leases.get(id).grantIndex() + (chance(30) ? 1 : 0);
        }
        return new Command.LeaseRevoke(id, grantIndex);
    }

    private Alarm alarm() {
        return new Alarm(random.nextInt(3) - 1, chance(70) ? Alarm.Type.NO_SPACE : Alarm.Type.CORRUPT);
    }

    private Member member() {
        long id = random.nextInt(4) - 1L;
        return new Member(
                id,
                "member-" + random.nextInt(9),
                List.of("http://a:1"),
                List.of("http://a:2", "http://b:3"),
                chance(20),
                Incarnation.UNKNOWN,
                0);
    }

    private Command.Put put(Bytes key) {
        boolean ignoreValue = chance(7);
        boolean ignoreLease = chance(7);
        long lease = ignoreLease || chance(60) ? 0 : lease();
        return new Command.Put(key, ignoreValue ? Bytes.EMPTY : value(), lease, chance(30), ignoreValue, ignoreLease);
    }

    private Command.DeleteRange delete() {
        KeyRange range = chance(60) ? KeyRange.single(key()) : chance(4) ? KeyRange.ALL : narrow();
        return new Command.DeleteRange(range, chance(40));
    }

    private Command.Txn txn(int depth, Set<Bytes> put) {
        List<Compare> compares = new ArrayList<>();
        int count = random.nextInt(3);
        for (int i = 0; i < count; i++) {
            compares.add(compare());
        }
        return new Command.Txn(compares, operations(depth, put), operations(depth, put));
    }

    /// Two puts of one key never meet in a transaction (TXN-06), a put and a delete may (TXN-09).
    private List<Operation> operations(int depth, Set<Bytes> put) {
        List<Operation> operations = new ArrayList<>();
        int count = random.nextInt(4);
        for (int i = 0; i < count; i++) {
            int dice = random.nextInt(100);
            if (dice < 40) {
                Bytes key = key();
                if (put.add(key)) {
                    operations.add(new Operation.Put(put(key)));
                }
            } else if (dice < 55) {
                operations.add(new Operation.Delete(delete()));
            } else if (dice < 85 || depth == 0) {
                operations.add(new Operation.Range(query()));
            } else {
                operations.add(new Operation.Nested(txn(depth - 1, put)));
            }
        }
        return operations;
    }

    private Compare compare() {
        Compare.Target target = pick(Compare.Target.values());
        KeyRange range = chance(70) ? KeyRange.single(key()) : chance(10) ? KeyRange.ALL : narrow();
        long number = switch (target) {
            case VERSION -> random.nextInt(4);
            case LEASE -> chance(50) ? 0 : lease();
            default -> chance(30) ? 0 : revision();
        };
        Compare.Relation relation = chance(60) ? Compare.Relation.NOT_EQUAL : pick(Compare.Relation.values());
        return new Compare(range, target, relation, number, chance(50) ? Bytes.EMPTY : value());
    }

    private RangeQuery query() {
        RangeQuery.Order order = chance(50)
                ? RangeQuery.Order.NONE
                : new RangeQuery.Order(pick(RangeQuery.Direction.values()), pick(RangeQuery.Target.values()));
        RangeQuery.Filter filter =
                chance(70) ? RangeQuery.Filter.NONE : new RangeQuery.Filter(bound(), bound(), bound(), bound());
        long limit = chance(40) ? random.nextInt(-1, 12) : 0;
        long revision = chance(50) ? 0 : revision();
        return new RangeQuery(range(), revision, limit, pick(RangeQuery.Detail.values()), order, filter);
    }

    /// Bounds that a key stands exactly at tell an inclusive one from another; any others let everything
    /// through or nothing.
    private long bound() {
        if (chance(65)) {
            return 0;
        }
        KeyValue known = oracle.store.newest(key());
        if (known == null || chance(20)) {
            return 1 + random.nextLong(oracle.store.revision());
        }
        return chance(50) ? known.modRevision() : known.createRevision();
    }

    private KeyRange range() {
        int dice = random.nextInt(100);
        if (dice < 25) {
            return KeyRange.single(key());
        } else if (dice < 40) {
            return KeyRange.ALL;
        } else if (dice < 50) {
            return new KeyRange(key(), null);
        }
        // Reversed and empty ranges among them (KVR-05).
        return dice < 70 ? new KeyRange(key(), key()) : narrow();
    }

    private KeyRange narrow() {
        Bytes start = key();
        byte[] end = Arrays.copyOf(start.array(), start.length());
        end[end.length - 1]++;
        return new KeyRange(start, Bytes.wrap(end));
    }

    /// Around the compacted and the newest revision, and anywhere between.
    private long revision() {
        long current = oracle.store.revision();
        long compacted = oracle.store.compacted();
        return switch (random.nextInt(8)) {
            case 0 -> compacted + random.nextInt(-1, 2);
            case 1 -> current + random.nextInt(-1, 2);
            case 2 -> -1L - random.nextInt(3);
            case 3, 4 -> Math.max(1, current - random.nextInt(60));
            default -> Math.max(compacted, 0) + random.nextLong(current - Math.max(compacted, 0) + 1);
        };
    }

    private Bytes key() {
        byte[] key = new byte[1 + random.nextInt(keyLength)];
        for (int i = 0; i < key.length; i++) {
            key[i] = ALPHABET[random.nextInt(ALPHABET.length)];
        }
        return Bytes.wrap(key);
    }

    private Bytes value() {
        int length = chance(80) ? random.nextInt(4) : chance(80) ? random.nextInt(100) : 1000 + random.nextInt(100);
        byte[] value = new byte[length];
        random.nextBytes(value);
        return Bytes.wrap(value);
    }

    private long lease() {
        return LEASES[random.nextInt(LEASES.length)];
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private <T> T pick(T[] from) {
        return from[random.nextInt(from.length)];
    }
}
