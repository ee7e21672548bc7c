package io.metastore.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.metastore.cluster.Alarm;
import io.metastore.cluster.Incarnation;
import io.metastore.cluster.Member;
import io.metastore.consensus.peer.PeerIdentity;
import io.metastore.consensus.peer.wire.Sign;
import io.metastore.engine.Engine;
import io.metastore.engine.EngineKind;
import io.metastore.engine.WriteBatch;
import io.metastore.machine.AppliedHashes;
import io.metastore.machine.Replica;
import io.metastore.mvcc.RunningHash;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Members 1, 2, … of which each has its own hashes and asks the others.
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
                                assertTrue(why.startsWith("the state of this member is wrong: "), why);
                                told.add(self + " stops");
                            }));
        }
    }

    private void applied(long index, long... hashesOfMembers) {
        for (int i = 0; i < hashesOfMembers.length; i++) {
            hashes.get(i + 1L).at(index, hashesOfMembers[i]);
        }
    }

    /// One round: each asks all others, but for one that is cut off.
    private void round(long silent) {
        for (long from : all.keySet()) {
            if (from != silent) {
                ask(from, silent);
            }
        }
    }

    private void ask(long from, long silent) {
        ByteString asked = all.get(from).asks();
        for (long other : all.keySet()) {
            if (other != from && other != silent) {
                all.get(from).heard(other, all.get(other).answers(from, asked));
            }
        }
    }

    private long count(String line) {
        return told.stream().filter(line::equals).count();
    }

    @Test
    void equalStatesAreNoReasonForAnything() {
        members(3, 1);
        applied(7, 70, 70, 70, 70);
        round(0);
        assertEquals(List.of(), told);
        assertEquals(0, all.get(1L).differing());
    }

    @Test
    void oneOfThreeStopsAndTheLeaderNamesIt() {
        members(3, 0);
        applied(7, 70, 70, 70);
        round(0);
        applied(8, 80, 80, 81);
        round(0);
        round(0);
        assertEquals(1, count("3 stops"));
        assertTrue(told.contains("1 raises DIVERGED for 3"), told.toString());
        assertTrue(told.stream().noneMatch(line -> line.startsWith("2 ") || line.endsWith("for 2")), told.toString());
        assertEquals(1, all.get(2L).differing());
    }

    @Test
    void aLeaderThatIsWrongNamesNobody() {
        members(3, 0);
        applied(8, 81, 80, 80);
        round(0);
        round(0);
        assertEquals(List.of("1 stops"), told);
    }

    /// One that follows may not have applied what the others ask about, but what they had a second ago.
    @Test
    void whoIsBehindIsAskedOfWhatWasBefore() {
        members(3, 0);
        applied(8, 80, 80, 81);
        ask(1, 3);
        hashes.get(1L).at(9, 90);
        hashes.get(2L).at(9, 90);
        ask(1, 0);
        assertEquals(List.of("1 raises DIVERGED for 3"), told);
    }

    /// With one that cannot be asked, two that differ do not know who is right.
    @Test
    void nobodyIsJudgedWithoutAMajority() {
        members(3, 0);
        applied(8, 80, 80, 81);
        round(2);
        round(2);
        assertEquals(List.of(), told);
        round(0);
        assertTrue(told.contains("1 raises DIVERGED for 3") && count("3 stops") == 1, told.toString());
    }

    /// Nobody of three has the state of another: none is wrong by any majority, and none must end.
    @Test
    void threeThatAllDifferStopWrites() {
        members(3, 0);
        applied(8, 80, 81, 82);
        round(0);
        assertEquals(List.of("1 raises CORRUPT for 2", "1 raises CORRUPT for 3"), told);
    }

    /// The first has ended and was not replaced when a second differs: two of three are known to differ from
    /// the one that is right, and have no state in common.
    @Test
    void aSecondOneThatDiffersEndsNobody() {
        members(3, 0);
        applied(8, 80, 80, 81);
        round(0);
        told.clear();
        applied(9, 90, 91);
        round(3);
        round(3);
        assertEquals(List.of(), told);
    }

    /// It had ended before the leader knew enough.
    @Test
    void theLeaderNamesOneThatSaysThatItIsWrong() {
        members(3, 0);
        applied(8, 80, 80, 81);
        ask(3, 0);
        assertEquals(List.of("3 stops"), told);
        ask(3, 0);
        ask(1, 3);
        assertEquals(List.of("3 stops", "1 raises DIVERGED for 3"), told);
        leader = 2;
        ask(2, 3);
        assertEquals("2 raises DIVERGED for 3", told.getLast());
    }

    /// A member that reaches the leader alone finds no majority against it.
    @Test
    void whoIsNamedByTheOthersStops() {
        members(5, 0);
        applied(8, 80, 80, 80, 81, 80);
        all.get(4L).heard(1, all.get(1L).answers(4, all.get(4L).asks()));
        assertEquals(List.of(), told);
        replica.alarms().raise(new Alarm(4, Alarm.Type.DIVERGED), engine.newBatch());
        all.get(4L).asks();
        assertEquals(List.of("4 stops"), told);
    }

    @Test
    void ofTwoNobodyCanTellWhoIsRight() {
        members(2, 0);
        applied(8, 80, 81);
        round(0);
        assertEquals(List.of("1 raises CORRUPT for 2"), told);
    }

    @Test
    void ofFourTwoThatDifferStopWrites() {
        members(4, 0);
        applied(8, 80, 80, 81, 81);
        round(0);
        assertEquals(List.of("1 raises CORRUPT for 3", "1 raises CORRUPT for 4"), told);
    }

    @Test
    void aLearnerHasNoVoteInThis() {
        members(3, 2);
        applied(8, 80, 80, 80, 81, 81);
        round(0);
        round(0);
        assertEquals(1, count("4 stops"));
        assertEquals(1, count("5 stops"));
        assertEquals(2, told.stream().filter(line -> line.endsWith("stops")).count());
        assertTrue(told.contains("1 raises DIVERGED for 4"), told.toString());
    }

    /// A state that was taken over from another member is as good as that.
    @Test
    void whoTookTheStateOfAnotherIsEqualAgain() {
        members(5, 0);
        applied(8, 80, 80, 80, 80, 81);
        ask(1, 0);
        assertEquals(1, all.get(1L).differing());
        hashes.put(5L, new AppliedHashes());
        applied(9, 90, 90, 90, 90, 90);
        ask(1, 0);
        assertEquals(0, all.get(1L).differing());
    }

    @Test
    void anAlarmThatIsRaisedIsNotRaisedAgain() {
        members(3, 0);
        applied(8, 80, 80, 81);
        replica.alarms().raise(new Alarm(3, Alarm.Type.DIVERGED), engine.newBatch());
        round(0);
        round(0);
        assertEquals(List.of("3 stops"), told);
    }

    /// An older version answers with what it was sent, or with nothing, and a later one may make other hashes.
    @Test
    void whatCannotBeComparedIsIgnored() throws InvalidProtocolBufferException {
        members(3, 0);
        applied(8, 80, 81, 82);
        Divergence one = all.get(1L);
        ByteString asked = one.asks();
        Sign sign = Sign.parseFrom(all.get(2L).answers(1, asked));
        one.heard(2, asked);
        one.heard(2, ByteString.EMPTY);
        one.heard(2, ByteString.copyFromUtf8("\u00ff\u00ff garbage"));
        one.heard(
                2,
                sign.toBuilder().setHashVersion(RunningHash.VERSION + 1).build().toByteString());
        assertEquals(0, one.differing());
        one.heard(2, sign.toByteString());
        assertEquals(1, one.differing());
        assertEquals(ByteString.EMPTY, one.answers(2, ByteString.EMPTY));
        assertEquals(List.of(), told);
    }
}
