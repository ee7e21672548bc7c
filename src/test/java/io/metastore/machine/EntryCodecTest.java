package io.metastore.machine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Golden;
import io.metastore.cluster.Alarm;
import io.metastore.cluster.Incarnation;
import io.metastore.cluster.Member;
import io.metastore.mvcc.RangeQuery;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EntryCodecTest {
    private static final Bytes KEY = Bytes.wrap(new byte[] {'k', 0, (byte) 0xff});
    private static final Command.Put PUT = new Command.Put(KEY, Bytes.utf8("value"), -3, true, false, false);

    /// One of every command, with every operation, compare target and relation.
    private static List<Command<?>> everyCommand() {
        return List.of(
                PUT,
                new Command.Put(Bytes.utf8("k"), Bytes.EMPTY, 0, false, true, true),
                new Command.DeleteRange(new KeyRange(Bytes.utf8("a"), null), true),
                everything(),
                new Command.Compact(300),
                new Command.LeaseGrant(-1, 60),
                new Command.LeaseRevoke(-1, 17),
                new Command.AlarmChange(true, new Alarm(-2, Alarm.Type.NO_SPACE)),
                new Command.AlarmChange(false, new Alarm(5, Alarm.Type.CORRUPT)),
                new Command.MemberPublish(-7, "m0", List.of("http://h:2379", "http://i:2379"), Incarnation.UNKNOWN, 0));
    }

    private static Command.Txn everything() {
        List<Compare> compares = new ArrayList<>();
        Compare.Relation[] relations = Compare.Relation.values();
        for (Compare.Target target : Compare.Target.values()) {
            boolean value = target == Compare.Target.VALUE;
            int relation = (target.ordinal() + 1) % 6;
            compares.add(new Compare(
                    KeyRange.single(KEY),
                    target,
                    relations[relation < relations.length ? relation : 0],
                    value ? 0 : -5,
                    value ? Bytes.utf8("x") : Bytes.EMPTY));
        }
        Command.Txn nested = new Command.Txn(
                List.of(),
                List.of(new Operation.Range(
                        RangeQuery.all(KeyRange.single(KEY)).withRange(KeyRange.single(KEY), 0, -1))),
                List.of());
        return new Command.Txn(
                compares,
                List.of(
                        new Operation.Put(new Command.Put(Bytes.utf8("p"), Bytes.utf8("1"), 7, false, false, false)),
                        new Operation.Delete(
                                new Command.DeleteRange(new KeyRange(Bytes.utf8("d"), Bytes.utf8("e")), false)),
                        new Operation.Range(new RangeQuery(
                                KeyRange.ALL,
                                9,
                                10,
                                RangeQuery.Detail.KEYS_ONLY,
                                new RangeQuery.Order(RangeQuery.Direction.DESCEND, RangeQuery.Target.VALUE),
                                new RangeQuery.Filter(1, 2, 3, 4))),
                        new Operation.Nested(nested)),
                List.of(new Operation.Range(new RangeQuery(
                        KeyRange.single(KEY),
                        0,
                        0,
                        RangeQuery.Detail.COUNT_ONLY,
                        new RangeQuery.Order(RangeQuery.Direction.ASCEND, RangeQuery.Target.MOD),
                        RangeQuery.Filter.NONE))));
    }

    private static final Origin ORIGIN = new Origin(-2, 3, 5, 7);

    private static List<Command<?>> everyCommandWritten() {
        List<Command<?>> all = new ArrayList<>(everyCommand());
        all.add(new Command.ClusterStart(List.of(
                new Member(
                        -7,
                        "m0",
                        List.of("http://h:2380"),
                        List.of("http://h:2379", "http://i:2379"),
                        true,
                        Incarnation.UNKNOWN,
                        0),
                Member.unstarted(9, List.of("http://i:2380", "http://j:2380"), false))));
        return all;
    }

    /// Written since members have said which data directory they run on; entries from before have none.
    private static final List<Command<?>> WITH_INCARNATION =
            List.of(new Command.MemberPublish(-7, "m0", List.of("http://h:2379"), new Incarnation(3, -5), 2));

    private static byte[] encoded(List<? extends Command<?>> commands, boolean batching) {
        List<byte[]> each = commands.stream().<byte[]>map(CommandCodec::encode).toList();
        return bytes(batching ? EntryCodec.encode(ORIGIN, each) : FormerEntries.encode(each, false));
    }

    private static byte[] bytes(ByteBuffer entry) {
        byte[] bytes = new byte[entry.remaining()];
        entry.get(bytes);
        return bytes;
    }

    @Test
    void entriesOfEveryFormatAreReadForEver() {
        assertEquals(List.of(PUT), EntryCodec.decode(ByteBuffer.wrap(Golden.bytes("entry-single"))));
        assertEquals(everyCommand(), EntryCodec.decode(ByteBuffer.wrap(Golden.bytes("entry-batch"))));
        assertEquals(everyCommandWritten(), EntryCodec.decode(ByteBuffer.wrap(Golden.bytes("entry-origin"))));
        assertEquals(WITH_INCARNATION, EntryCodec.decode(ByteBuffer.wrap(Golden.bytes("entry-incarnation"))));
    }

    @Test
    void anEntrySaysWhereItComesFrom() {
        assertEquals(ORIGIN, EntryCodec.origin(ByteBuffer.wrap(Golden.bytes("entry-origin"))));
        assertEquals(Origin.NONE, EntryCodec.origin(ByteBuffer.wrap(Golden.bytes("entry-batch"))));
        assertEquals(Origin.NONE, EntryCodec.origin(ByteBuffer.wrap(Golden.bytes("entry-single"))));
        assertEquals(2, EntryCodec.count(ByteBuffer.wrap(encoded(List.of(PUT, PUT), true))));
    }

    @Test
    void entriesAreWrittenAsTheGoldenOnes() {
        assertArrayEquals(Golden.bytes("entry-origin"), encoded(everyCommandWritten(), true));
        assertArrayEquals(Golden.bytes("entry-incarnation"), encoded(WITH_INCARNATION, true));
    }

    @Test
    void randomCommandsComeBackEqual() {
        for (HistoryStep step : new HistoryGenerator(42, true).steps(20_000)) {
            if (step instanceof HistoryStep.Apply apply) {
                for (HistoryStep.Entry entry : apply.entries()) {
                    ByteBuffer data = ByteBuffer.wrap(encoded(entry.commands(), entry.batching()));
                    int position = data.position();
                    assertEquals(entry.commands(), EntryCodec.decode(data));
                    assertEquals(position, data.position(), "decoding leaves the buffer as it was");
                }
            }
        }
    }

    /// Whatever depth gets through the front door has to get through the log, or the member never starts
    /// again. Protobuf stops requests nested deeper than 100 messages, which is 49 transactions within each
    /// other.
    @Test
    void deeplyNestedTransactionsComeBack() {
        Command.Txn txn = new Command.Txn(
                List.of(new Compare(KeyRange.single(KEY), Compare.Target.MOD, Compare.Relation.EQUAL, 0, Bytes.EMPTY)),
                List.of(new Operation.Delete(new Command.DeleteRange(KeyRange.ALL, false))),
                List.of());
        for (int depth = 1; depth <= 64; depth++) {
            List<Command.Txn> commands = List.of(txn);
            assertEquals(commands, EntryCodec.decode(ByteBuffer.wrap(encoded(commands, true))), "depth " + depth);
            txn = new Command.Txn(List.of(), List.of(new Operation.Nested(txn)), List.of());
        }
    }

    @Test
    void whatNoVersionWroteIsAFault() {
        assertThrows(MalformedEntry.class, () -> EntryCodec.decode(ByteBuffer.allocate(0)));
        for (byte[] entry : new byte[][] {
            {0}, {3, 1}, {1}, {1, 0}, {2, 0}, {1, (byte) 0xff}, {1, 0x3a, 2, 0x18, 9}, {2, 0x0a, 0}, {1, 0x0c}
        }) {
            assertThrows(MalformedEntry.class, () -> EntryCodec.decode(ByteBuffer.wrap(entry)), Arrays.toString(entry));
        }
    }

    /// Mutated and random entries decode or are malformed, nothing else. `-Dfuzz.seconds=N` goes on for longer.
    @Test
    void mutatedEntriesDecodeOrAreMalformed() {
        long seed = Long.getLong("seed", new Random().nextLong(1_000_000));
        System.out.println("mutating entries, seed " + seed);
        Random random = new Random(seed);
        byte[][] origins = {
            Golden.bytes("entry-single"),
            Golden.bytes("entry-batch"),
            encoded(List.of(everything(), everything()), true)
        };
        long end = System.nanoTime() + 1_000_000_000L * Integer.getInteger("fuzz.seconds", 2);
        int valid = 0;
        int malformed = 0;
        while (System.nanoTime() < end) {
            byte[] entry = mutated(random, origins[random.nextInt(origins.length)]);
            try {
                List<? extends Command<?>> commands = EntryCodec.decode(ByteBuffer.wrap(entry));
                assertEquals(commands, EntryCodec.decode(ByteBuffer.wrap(encoded(commands, true))));
                valid++;
            } catch (MalformedEntry expected) {
                malformed++;
            } catch (RuntimeException | StackOverflowError | OutOfMemoryError other) {
                throw new AssertionError("seed " + seed + ": " + Arrays.toString(entry), other);
            }
        }
        assertTrue(valid > 0 && malformed > 0, valid + " valid, " + malformed + " malformed");
    }

    private static byte[] mutated(Random random, byte[] origin) {
        byte[] entry = origin.clone();
        for (int changes = 1 + random.nextInt(4); changes > 0 && entry.length > 0; changes--) {
            int at = random.nextInt(entry.length);
            switch (random.nextInt(5)) {
                case 0 -> entry[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> entry[at] = (byte) random.nextInt();
                case 2 -> entry = Arrays.copyOf(entry, at);
                case 3 -> entry = Arrays.copyOf(entry, entry.length + 1 + random.nextInt(8));
                default -> {
                    int length = Math.min(entry.length - at, 1 + random.nextInt(20));
                    int from = random.nextInt(Math.max(1, origin.length - length));
                    System.arraycopy(origin, from, entry, at, Math.min(length, origin.length - from));
                }
            }
        }
        return entry;
    }
}
