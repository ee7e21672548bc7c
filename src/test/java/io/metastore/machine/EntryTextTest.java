package io.metastore.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.cluster.Alarm;
import io.metastore.cluster.Incarnation;
import io.metastore.cluster.Member;
import io.metastore.mvcc.RangeQuery;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class EntryTextTest {
    private static ByteBuffer entry(Command<?>... commands) {
        return EntryCodec.encode(
                Origin.NONE,
                List.of(commands).stream().<byte[]>map(CommandCodec::encode).toList());
    }

    private static Command.Put put(Bytes key, String value, long lease) {
        return new Command.Put(key, Bytes.utf8(value), lease, false, false, false);
    }

    private static String shown(Command<?>... commands) {
        return String.join("\n", EntryText.lines(entry(commands), false));
    }

    @Test
    void everyCommandHasItsLine() {
        assertEquals("Put \"k\", value of 6 bytes, lease 2a", shown(put(Bytes.utf8("k"), "secret", 42)));
        assertEquals(
                "Put \"k\", the value it has, the lease it has",
                shown(new Command.Put(Bytes.utf8("k"), Bytes.EMPTY, 0, false, true, true)));
        assertEquals(
                "DeleteRange from \"a\" on", shown(new Command.DeleteRange(new KeyRange(Bytes.utf8("a"), null), true)));
        assertEquals(
                "DeleteRange from \"a\" to before \"b\"",
                shown(new Command.DeleteRange(new KeyRange(Bytes.utf8("a"), Bytes.utf8("b")), true)));
        assertEquals("Compaction revision 300", shown(new Command.Compact(300)));
        assertEquals("LeaseGrant lease ffffffffffffffff, 60 s", shown(new Command.LeaseGrant(-1, 60)));
        assertEquals("LeaseRevoke lease 1 if granted by entry 17", shown(new Command.LeaseRevoke(1, 17)));
        assertEquals(
                "Alarm raise NO_SPACE of member a",
                shown(new Command.AlarmChange(true, new Alarm(10, Alarm.Type.NO_SPACE))));
        assertEquals(
                "ClusterMemberAttrSet member 7 named \"m0\", clients at http://h:1,http://i:1, incarnation 2"
                        + " (data directory d1)",
                shown(new Command.MemberPublish(
                        7, "m0", List.of("http://h:1", "http://i:1"), new Incarnation(2, 0xd1), 1)));
    }

    @Test
    void theMembersOfANewClusterAreShownOneByOne() {
        assertEquals(
                "ClusterStart member 7, peers at http://h:1,http://i:1\nClusterStart member 8, peers at http://j:1",
                shown(new Command.ClusterStart(List.of(
                        Member.unstarted(7, List.of("http://h:1", "http://i:1"), false),
                        Member.unstarted(8, List.of("http://j:1"), false)))));
    }

    @Test
    void aTransactionIsShownBranchByBranch() {
        KeyRange key = KeyRange.single(Bytes.utf8("k"));
        Command.Txn nested = new Command.Txn(
                List.of(), List.of(new Operation.Delete(new Command.DeleteRange(key, false))), List.of());
        Command.Txn txn = new Command.Txn(
                List.of(
                        new Compare(key, Compare.Target.MOD, Compare.Relation.EQUAL, 5, Bytes.EMPTY),
                        new Compare(key, Compare.Target.VALUE, Compare.Relation.LESS, 0, Bytes.utf8("secret"))),
                List.of(new Operation.Put(put(Bytes.utf8("k"), "secret", 0)), new Operation.Nested(nested)),
                List.of(new Operation.Range(RangeQuery.all(key).withRange(key, 3, 9))));
        assertEquals("""
                Txn
                  if MOD of "k" is EQUAL 5
                  if VALUE of "k" is LESS value of 6 bytes
                  then Put "k", value of 6 bytes
                  then Txn
                    then DeleteRange "k"
                  else Range "k" at revision 9, at most 3""", shown(txn));
    }

    @Test
    void valuesAreShownOnlyWhenAskedForAndLongKeysAreCut() {
        Bytes key = Bytes.utf8("\"\n" + "k".repeat(100));
        ByteBuffer entry = entry(put(key, "se\0cret", 0));
        assertEquals(
                List.of("Put \"\\\"\\x0a" + "k".repeat(62) + "\"... (102 bytes), value of 7 bytes"),
                EntryText.lines(entry, false));
        assertEquals(
                List.of("Put \"\\\"\\x0a" + "k".repeat(100) + "\", value of 7 bytes \"se\\x00cret\""),
                EntryText.lines(entry, true));
        assertEquals(0, entry.position());
    }

    /// One command that this version does not know does not hide the others of its entry.
    @Test
    void whatCannotBeDecodedIsShownAsBytes() throws Exception {
        ByteArrayOutputStream mixed = new ByteArrayOutputStream();
        ByteBuffer known = entry(put(Bytes.utf8("k"), "v", 0));
        mixed.write(known.array());
        mixed.write(new byte[] {0x0a, 3, 0x7a, 1, 0x55}); // a command of field 15
        ByteBuffer entry = ByteBuffer.wrap(mixed.toByteArray());
        assertEquals(
                List.of(
                        "Put \"k\", value of 1 bytes",
                        "undecodable, 3 bytes: an entry of the raft log cannot be applied: it holds a command of an"
                                + " unknown kind",
                        "  0x7a0155"),
                EntryText.lines(entry, false));
        assertEquals("1 Put, 1 undecodable", EntryText.types(entry));

        ByteBuffer garbage = ByteBuffer.wrap(("garbage" + "x".repeat(100)).getBytes(StandardCharsets.US_ASCII));
        List<String> lines = EntryText.lines(garbage, false);
        assertTrue(lines.getFirst().startsWith("undecodable, 107 bytes: "), lines.getFirst());
        assertEquals("  0x67617262616765" + "78".repeat(57) + "...", lines.get(1));
        assertEquals(
                "  0x67617262616765" + "78".repeat(100),
                EntryText.lines(garbage, true).get(1));
        assertEquals("undecodable", EntryText.types(garbage));
    }

    @Test
    void typesAreCounted() {
        assertEquals(
                "1 Compaction, 2 Put",
                EntryText.types(
                        entry(put(Bytes.utf8("a"), "", 0), new Command.Compact(3), put(Bytes.utf8("b"), "", 0))));
        assertEquals("no commands", EntryText.types(entry()));
    }
}
