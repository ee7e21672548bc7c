package io.metastore.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.metastore.engine.Engine;
import io.metastore.engine.Snapshot;
import io.metastore.engine.WriteBatch;
import io.metastore.engine.memory.MemoryEngine;
import io.metastore.mvcc.CorruptRow;
import io.metastore.value.StoreError;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Who belongs to the cluster, by which rules it changes, and that it is the same after the state was opened again.
class MembersTest {
    private static final Incarnation RUNS = new Incarnation(1, 0xabc);

    private final Engine engine = new MemoryEngine(1);
    private Members members;

    @BeforeEach
    void open() {
        members = opened();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private Members opened() {
        try (Snapshot snapshot = engine.snapshot()) {
            return new Members(snapshot);
        }
    }

    private void write(Consumer<WriteBatch> work) {
        WriteBatch batch = engine.newBatch();
        work.accept(batch);
        engine.write(batch);
    }

    private static String url(long id) {
        return "http://m" + id + ":2380";
    }

    private void founded(int size) {
        for (long id = 1; id <= size; id++) {
            long member = id;
            write(batch -> members.put(Member.unstarted(member, List.of(url(member)), false), batch));
        }
    }

    private void started(long id) {
        write(batch -> members.publish(id, "m" + id, List.of("http://m" + id + ":2379"), RUNS, 2, batch));
    }

    private void change(MemberChange change) {
        assertEquals(Optional.empty(), members.refusal(change), change::toString);
        write(batch -> members.change(change, batch));
        assertEquals(members.all(), opened().all());
        assertEquals(members.removed(), opened().removed());
    }

    private void refused(StoreError error, MemberChange change) {
        assertEquals(Optional.of(error), members.refusal(change), change::toString);
    }

    private static MemberChange.Add add(long id, boolean learner) {
        return new MemberChange.Add(id, List.of(url(id)), learner, 1, true);
    }

    @Test
    void aMemberComesLearnsGetsAVoteMovesAndGoes() {
        founded(1);
        started(1);
        change(add(2, true));
        assertEquals(Optional.of(Member.unstarted(2, List.of(url(2)), true)), members.find(2));
        started(2);
        change(new MemberChange.Promote(2, true));
        change(new MemberChange.Update(2, List.of("http://elsewhere:1", "http://elsewhere:2")));
        assertEquals(
                Optional.of(new Member(
                        2,
                        "m2",
                        List.of("http://elsewhere:1", "http://elsewhere:2"),
                        List.of("http://m2:2379"),
                        false,
                        RUNS,
                        2)),
                members.find(2));
        change(new MemberChange.Remove(2, true));
        assertEquals(Optional.empty(), members.find(2));
        assertEquals(Map.of(2L, List.of("http://elsewhere:1", "http://elsewhere:2")), members.removed());
        refused(StoreError.MEMBER_NOT_FOUND, add(2, false));
        refused(StoreError.MEMBER_NOT_FOUND, new MemberChange.Remove(2, true));
        refused(StoreError.MEMBER_NOT_FOUND, new MemberChange.Update(2, List.of()));
        refused(StoreError.MEMBER_NOT_FOUND, new MemberChange.Promote(2, true));
        started(2);
        assertEquals(1, members.all().size());
    }

    @Test
    void idsAndAddressesBelongToOne() {
        founded(2);
        started(1);
        started(2);
        refused(StoreError.MEMBER_EXISTS, new MemberChange.Add(2, List.of(url(9)), true, 1, true));
        refused(StoreError.PEER_URL_EXISTS, new MemberChange.Add(9, List.of(url(9), url(1)), true, 1, true));
        refused(StoreError.PEER_URL_EXISTS, new MemberChange.Update(2, List.of(url(1))));
        change(new MemberChange.Update(2, List.of(url(2))));
        refused(StoreError.MEMBER_NOT_LEARNER, new MemberChange.Promote(2, true));
        change(add(3, true));
        refused(StoreError.TOO_MANY_LEARNERS, add(4, true));
        change(new MemberChange.Add(4, List.of(url(4)), true, 2, true));
    }

    @Test
    void oneAloneTakesASecondInAndNoThirdBeforeThatHasStarted() {
        founded(1);
        started(1);
        change(add(2, false));
        refused(StoreError.TOO_FEW_MEMBERS_STARTED, add(3, false));
        change(add(4, true));
        change(new MemberChange.Add(3, List.of(url(3)), false, 1, false));
    }

    @Test
    void thoseWhoStayHaveToHaveStarted() {
        founded(3);
        started(1);
        refused(StoreError.TOO_FEW_MEMBERS_STARTED, new MemberChange.Remove(1, true));
        refused(StoreError.TOO_FEW_MEMBERS_STARTED, new MemberChange.Remove(3, true));
        change(add(4, true));
        started(4);
        refused(StoreError.TOO_FEW_MEMBERS_STARTED, new MemberChange.Remove(3, true));
        started(2);
        refused(StoreError.TOO_FEW_MEMBERS_STARTED, new MemberChange.Remove(1, true));
        change(new MemberChange.Remove(3, true));
        change(new MemberChange.Remove(2, true));
    }

    @Test
    void theOnlyVoterStays() {
        founded(1);
        started(1);
        refused(StoreError.TOO_FEW_MEMBERS_STARTED, new MemberChange.Remove(1, true));
        change(add(2, true));
        refused(StoreError.TOO_FEW_MEMBERS_STARTED, new MemberChange.Remove(1, true));
        refused(StoreError.TOO_FEW_MEMBERS_STARTED, new MemberChange.Remove(1, false));
        change(new MemberChange.Remove(2, true));
    }

    /// What is on disk does not change by itself.
    @Test
    void rowsAreThoseOfFormatFour() {
        Member member = new Member(5, "m0", List.of("http://h:1"), List.of("http://h:2"), true, RUNS, 2);
        String hex = "0401" + "026d30" + "01" + "0a687474703a2f2f683a31" + "01" + "0a687474703a2f2f683a32" + "01"
                + "0000000000000abc" + "02";
        assertEquals(hex, HexFormat.of().formatHex(Members.encode(member)));
        assertEquals(Optional.of(member), Members.decode(5, HexFormat.of().parseHex(hex)));
        assertEquals(Optional.empty(), Members.decode(5, HexFormat.of().parseHex("0402010a687474703a2f2f683a31")));
        assertThrows(CorruptRow.class, () -> Members.decode(5, new byte[] {4, 3}));
    }
}
