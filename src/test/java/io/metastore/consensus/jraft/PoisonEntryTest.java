package io.metastore.consensus.jraft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import io.metastore.consensus.log.Entry;
import io.metastore.consensus.log.RaftLog;
import io.metastore.consensus.log.SegmentSizes;
import io.metastore.mvcc.RangeQuery;
import io.metastore.mvcc.View;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// An entry that no member can apply: it stops the member at each start, and a mark, which must be that of this very
/// entry, lets it be passed over.
class PoisonEntryTest {
    /// Format 2 and one command of field 15, which no version knows.
    private static final byte[] UNKNOWN_COMMAND = {2, 0x0a, 3, 0x7a, 1, 0x55};

    @TempDir
    private Path folder;

    private static SkippedEntry append(SingleMember member, byte[] data) throws Exception {
        try (RaftLog log = RaftLog.open(member.raftFolder().resolve("log"), SegmentSizes.DEFAULT)) {
            long index = log.last() + 1;
            Entry poison = new Entry(log.read(log.last()).term(), Entry.Kind.COMMANDS, ByteBuffer.wrap(data));
            log.append(index, List.of(poison));
            return new SkippedEntry(index, poison.term(), poison.checksum(), "");
        }
    }

    private static void mark(SingleMember member, SkippedEntry entry) throws Exception {
        SkippedEntries.read(member.raftFolder()).with(entry).write(member.raftFolder());
    }

    private static String awaitFault(SingleMember member) {
        Eventually.holds("the member halts", () -> member.fault() != null);
        return member.fault();
    }

    private static boolean has(SingleMember member, String key) throws Exception {
        try (View view = member.store().view()) {
            return view.range(RangeQuery.all(KeyRange.single(Bytes.utf8(key)))).count() == 1;
        }
    }

    private static void put(SingleMember member, String key) throws Exception {
        assertNotNull(member.put(key).get(30, TimeUnit.SECONDS));
    }

    /// A stopped member whose log ends with a poison entry.
    private SingleMember poisoned(int port, byte[] data, SkippedEntry[] poison) throws Exception {
        SingleMember member = new SingleMember(folder, port, 1000);
        member.awaitLeadership();
        put(member, "before");
        member.stop();
        poison[0] = append(member, data);
        return member;
    }

    @Test
    void itIsNamedWithTheWayToSeeIt() throws Exception {
        SkippedEntry[] poison = new SkippedEntry[1];
        try (SingleMember member = poisoned(10101, UNKNOWN_COMMAND, poison)) {
            member.start();
            String fault = awaitFault(member);
            String named = "applying entry " + poison[0].index() + " of the raft log failed (term "
                    + poison[0].term() + ", checksum " + SkippedEntry.text(poison[0].checksum())
                    + ", 1 undecodable; to see it: metastore log show --data-dir "
                    + member.raftFolder().getParent().getParent() + " --index " + poison[0].index() + ")";
            assertTrue(fault.startsWith(named), fault);
            assertTrue(fault.contains("it holds a command of an unknown kind"), fault);
        }
    }

    @Test
    void aMarkLetsItBePassedOver() throws Exception {
        SkippedEntry[] poison = new SkippedEntry[1];
        // Nothing of it can be read, not even how many commands it holds, which snapshots by count ask for.
        try (SingleMember member = poisoned(10102, new byte[] {2, (byte) 0xff}, poison)) {
            mark(member, poison[0]);
            member.start();
            member.awaitLeadership();
            member.barrier();
            long revision = member.store().state().revision();
            assertTrue(member.store().state().appliedIndex() >= poison[0].index());
            assertTrue(has(member, "before"));
            for (int i = 0; i < 10; i++) {
                put(member, "after-" + i);
            }
            assertEquals(revision + 10, member.store().state().revision());
            member.consensus().snapshot();
            // The state forgets what it had not flushed, and meets the entry once more unless the log was cut.
            member.crash();
            member.start();
            member.awaitLeadership();
            member.barrier();
            assertEquals(revision + 10, member.store().state().revision());
            assertEquals(List.of(poison[0]), member.consensus().skipped().list());
            assertNull(member.fault());
        }
    }

    @Test
    void itIsPassedOverAtEachReplay() throws Exception {
        SkippedEntry[] poison = new SkippedEntry[1];
        try (SingleMember member = poisoned(10103, UNKNOWN_COMMAND, poison)) {
            mark(member, poison[0]);
            for (int life = 0; life < 3; life++) {
                member.start();
                member.awaitLeadership();
                member.barrier();
                assertNull(member.fault());
                assertTrue(has(member, "before"));
                member.crash();
            }
            member.start();
        }
    }

    /// A mark of another entry at the same index must neither skip what stands there nor be overlooked.
    @Test
    void aMarkOfAnotherEntryStopsTheMember() throws Exception {
        SkippedEntry[] poison = new SkippedEntry[1];
        try (SingleMember member = poisoned(10104, UNKNOWN_COMMAND, poison)) {
            SkippedEntry other = new SkippedEntry(poison[0].index(), poison[0].term(), poison[0].checksum() + 1, "");
            mark(member, other);
            member.start();
            String fault = awaitFault(member);
            assertTrue(
                    fault.contains(other + " is marked to be skipped, but the log holds another there, of term "
                            + poison[0].term() + " with checksum " + SkippedEntry.text(poison[0].checksum())),
                    fault);
            assertTrue(member.store().state().appliedIndex() < poison[0].index());
        }
    }

    @Test
    void aMarkOfAnotherTermStopsTheMember() throws Exception {
        SkippedEntry[] poison = new SkippedEntry[1];
        try (SingleMember member = poisoned(10105, UNKNOWN_COMMAND, poison)) {
            mark(member, new SkippedEntry(poison[0].index(), poison[0].term() + 1, poison[0].checksum(), ""));
            member.start();
            String fault = awaitFault(member);
            assertTrue(fault.contains("is marked to be skipped, but the log holds another there"), fault);
        }
    }
}
