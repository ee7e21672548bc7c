package io.metastore.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.cluster.Alarm;
import io.metastore.cluster.Incarnation;
import io.metastore.cluster.Member;
import io.metastore.consensus.peer.PeerIdentity;
import io.metastore.engine.Engine;
import io.metastore.engine.EngineKind;
import io.metastore.engine.WriteBatch;
import io.metastore.machine.AppliedHashes;
import io.metastore.machine.Replica;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Members 1, 2, … of which each has its own hashes and tells the others.
class DivergenceTest {
    @TempDir
    private Path folder;

    private Engine engine;
    private Replica replica;
    private final List<String> told = new ArrayList<>();
    private final Map<Long, AppliedHashes> hashes = new HashMap<>();
    private final Map<Long, Divergence> all = new HashMap<>();
    private long leader = 1;

    @BeforeEach
    void open() {
        engine = EngineKind.MEMORY.open(folder.resolve("state"));
        replica = Replica.of(engine);
    }

    @AfterEach
    void close() {
        replica.store().close();
        engine.close();
    }

    private void members(int voters, int learners) {
        WriteBatch batch = engine.newBatch();
        for (long id = 1; id <= voters + learners; id++) {
            long self = id;
            replica.members()
                    .put(
                            new Member(
                                    id,
                                    "m" + id,
                                    List.of(),
                                    List.of(),
                                    id > voters,
                                    new Incarnation(1, id),
                                    PeerIdentity.FEATURE_LEVEL),
                            batch);
            hashes.put(id, new AppliedHashes());
            all.put(
                    id,
                    new Divergence(
                            id,
                            () -> hashes.get(self),
                            replica::members,
                            replica::alarms,
                            () -> self == leader,
                            alarm -> told.add(self + " raises " + alarm.type() + " for " + alarm.memberId()),
                            why -> {
                                assertTrue(why.contains("of " + voters + " voters"), why);
                                told.add(self + " stops");
                            }));
        }
    }

    private void applied(long index, long... hashesOfMembers) {
        for (int i = 0; i < hashesOfMembers.length; i++) {
            hashes.get(i + 1L).at(index, hashesOfMembers[i]);
        }
    }

    /// Each tells each other, but for what does not get through.
    private void tellAll(long silent) {
        for (long from : all.keySet()) {
            for (long to : all.keySet()) {
                if (from != to && from != silent && to != silent) {
                    all.get(to).heard(from, all.get(from).said());
                }
            }
        }
    }

    @Test
    void equalStatesAreNoReasonForAnything() {
        members(3, 1);
        applied(7, 70, 70, 70, 70);
        tellAll(0);
        assertEquals(List.of(), told);
        assertEquals(0, all.get(1L).differing());
    }

    @Test
    void oneOfThreeStopsAndTheLeaderNamesIt() {
        members(3, 0);
        applied(7, 70, 70, 70);
        tellAll(0);
        applied(8, 80, 80, 81);
        tellAll(0);
        tellAll(0);
        assertEquals(1, told.stream().filter("3 stops"::equals).count());
        assertTrue(told.contains("1 raises DIVERGED for 3"), told.toString());
        assertTrue(told.stream().noneMatch(line -> line.startsWith("2 ") || line.endsWith("for 2")), told.toString());
        assertEquals(1, all.get(2L).differing());
    }

    @Test
    void aLeaderThatIsWrongNamesNobody() {
        members(3, 0);
        applied(8, 81, 80, 80);
        tellAll(0);
        assertEquals(List.of("1 stops"), told);
    }

    /// That the third agrees must be known of an entry behind which the states differ, not of one before.
    @Test
    void aLeaderWaitsForTheOthersBeforeItNamesOne() {
        members(3, 0);
        applied(7, 70, 70, 70);
        tellAll(0);
        applied(8, 80, 80, 81);
        tellAll(2);
        assertEquals(List.of(), told);
        // The third has ended by now.
        tellAll(3);
        assertEquals(List.of("1 raises DIVERGED for 3"), told);
    }

    @Test
    void ofTwoNobodyCanTellWhoIsRight() {
        members(2, 0);
        applied(8, 80, 81);
        tellAll(0);
        assertEquals(List.of("1 raises CORRUPT for 2"), told);
    }

    @Test
    void ofFourTwoThatDifferStopWrites() {
        members(4, 0);
        applied(8, 80, 80, 81, 81);
        tellAll(0);
        assertTrue(told.containsAll(List.of("1 raises CORRUPT for 3", "1 raises CORRUPT for 4")), told.toString());
        assertTrue(told.stream().noneMatch(line -> line.endsWith("stops")), told.toString());
    }

    @Test
    void aLearnerHasNoVoteInThis() {
        members(3, 2);
        applied(8, 80, 80, 80, 81, 81);
        tellAll(0);
        tellAll(0);
        assertEquals(1, told.stream().filter("4 stops"::equals).count());
        assertEquals(1, told.stream().filter("5 stops"::equals).count());
        assertEquals(2, told.stream().filter(line -> line.endsWith("stops")).count());
        assertTrue(told.contains("1 raises DIVERGED for 4"), told.toString());
    }

    /// A state that was taken over from another member is as good as that.
    @Test
    void whoTookTheStateOfAnotherIsEqualAgain() {
        members(5, 0);
        applied(8, 80, 80, 80, 80, 81);
        all.get(1L).heard(5, all.get(5L).said());
        assertEquals(1, all.get(1L).differing());
        hashes.put(5L, new AppliedHashes());
        applied(9, 90, 90, 90, 90, 90);
        all.get(1L).heard(5, all.get(5L).said());
        assertEquals(0, all.get(1L).differing());
    }

    @Test
    void anAlarmThatIsRaisedIsNotRaisedAgain() {
        members(3, 0);
        replica.alarms().raise(new Alarm(3, Alarm.Type.DIVERGED), engine.newBatch());
        applied(8, 80, 80, 81);
        tellAll(0);
        tellAll(0);
        assertEquals(List.of("3 stops"), told);
    }

    /// An older version answers with what it was sent, or with nothing.
    @Test
    void whatNobodyCanReadIsIgnored() {
        members(3, 0);
        applied(8, 80, 81, 82);
        Divergence one = all.get(1L);
        one.heard(2, one.said());
        one.heard(2, ByteString.EMPTY);
        one.heard(2, ByteString.copyFromUtf8("\u00ff\u00ff garbage"));
        assertEquals(0, one.differing());
        assertEquals(List.of(), told);
    }
}
