package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.bytes;
import static io.metastore.blackbox.Requests.op;
import static io.metastore.blackbox.Requests.physicalCompaction;
import static io.metastore.blackbox.Requests.range;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.HashKVRequest;
import io.metastore.api.etcd.etcdserverpb.HashKVResponse;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// HashKV against a hash computed here from the writes that were made.
@BlackBox
class HashKvIT {
    private static final String EARLIER_POINTS =
            "MetaStore keeps no hashes of earlier compaction points, see MNT-13 in statements.tsv";

    @Test
    @OwnMember
    @Statement({"MNT-10", "MNT-12"})
    void hashesEveryEntryUpToTheRevision(Client client) {
        RevisionHistory history = new RevisionHistory();
        long lease = client.grant(600);
        put(client, history, "a", "1", 0);
        put(client, history, "b", "2", lease);
        delete(client, history, "a");
        put(client, history, "a", "", 0);

        assertHash(client, history, 0, 5);
        for (long revision = 1; revision <= 5; revision++) {
            assertHash(client, history, revision, 5);
        }
    }

    /// The example of the statement: a@2 is compacted away, and superseded at 5.
    @Test
    @OwnMember
    @Statement({"MNT-11", "MNT-12"})
    void leavesOutWhatIsNotLiveAtTheRevision(Client client) {
        RevisionHistory history = new RevisionHistory();
        put(client, history, "a", "1", 0);
        put(client, history, "b", "1", 0);
        put(client, history, "c", "1", 0);
        put(client, history, "a", "2", 0);
        assertEquals(history.hash(-1, 5), hash(client, 5).getHash());
        compact(client, history, 3);

        assertHash(client, history, 5, 5);
        assertHash(client, history, 4, 5);
        assertHash(client, history, 3, 5);
        assertEquals(3, hash(client, 5).getCompactRevision());
    }

    @Test
    @OwnMember
    @Statement({"MNT-11", "CMP-08"})
    void leavesOutADeletionAtTheCompaction(Client client) {
        RevisionHistory history = new RevisionHistory();
        put(client, history, "a", "1", 0);
        put(client, history, "b", "1", 0);
        delete(client, history, "a");
        compact(client, history, 4);

        assertHash(client, history, 0, 4);
        put(client, history, "a", "2", 0);
        assertHash(client, history, 0, 5);
        assertHash(client, history, 4, 5);
    }

    /// A store that holds nothing but deletions at its compaction has an empty set of entries to keep.
    @Test
    @OwnMember
    @Statement("MNT-11")
    void skipsTheRuleWhenNothingIsKept(Client client) {
        RevisionHistory history = new RevisionHistory();
        put(client, history, "a", "1", 0);
        put(client, history, "a", "2", 0);
        delete(client, history, "a");
        compact(client, history, 3);

        assertHash(client, history, 0, 4);
        assertHash(client, history, 4, 4);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    @Statement({"MNT-10", "MNT-11"})
    void agreesOverRandomHistories(long seed) {
        try (Member member = Member.startOwn()) {
            Client client = member.client();
            RevisionHistory history = new RevisionHistory();
            Random random = new Random(seed);
            long compacted = 0;
            for (int round = 0; round < 6; round++) {
                for (int i = 0; i < 40; i++) {
                    randomWrite(client, history, random);
                }
                long now = history.revision();
                Set<Long> revisions = new TreeSet<>(List.of(0L, now, compacted + 1));
                for (int i = 0; i < 5; i++) {
                    revisions.add(random.nextLong(compacted + 1, now + 1));
                }
                revisions.forEach(revision -> assertHash(client, history, revision, now));
                compacted = random.nextLong(compacted + 1, now + 1);
                compact(client, history, compacted);
                assertHash(client, history, 0, now);
            }
        }
    }

    @Test
    @OwnMember
    @Statement({"MNT-09", "MNT-12"})
    void refusesWhatIsCompactedOrNotThereYet(Client client) {
        RevisionHistory history = new RevisionHistory();
        for (int i = 0; i < 30; i++) {
            put(client, history, "k" + i % 4, "v" + i, 0);
        }
        compact(client, history, 20);

        Refusal.FUTURE_REV.of(() -> hash(client, 32));
        Refusal.COMPACTED.of(() -> hash(client, 19));
        // A negative revision is not refused, it has nothing to hash.
        assertEquals(-1, hash(client, -1).getHashRevision());
        assertEquals(1_084_519_789, hash(client, -1).getHash());
        HashKVResponse at = hash(client, 25);
        assertEquals(25, at.getHashRevision());
        assertEquals(20, at.getCompactRevision());
        assertEquals(31, at.getHeader().getRevision());
    }

    @Test
    @OwnMember
    @EnabledIfSystemProperty(named = "metastore.target", matches = "etcd", disabledReason = EARLIER_POINTS)
    @Statement("MNT-13")
    void answersForCompactionPointsOnly(Client client) {
        RevisionHistory history = new RevisionHistory();
        for (int i = 0; i < 30; i++) {
            put(client, history, "k" + i % 4, "v" + i, 0);
        }
        Refusal.FUTURE_REV.of(() -> hash(client, 32));
        int fifth = hash(client, 5).getHash();
        compact(client, history, 5);
        int tenth = hash(client, 10).getHash();
        compact(client, history, 10);
        compact(client, history, 20);

        Refusal.COMPACTED.of(() -> hash(client, 9));
        Refusal.COMPACTED.of(() -> hash(client, 19));
        HashKVResponse first = hash(client, 5);
        HashKVResponse second = hash(client, 10);
        assertEquals(fifth, first.getHash());
        assertEquals(tenth, second.getHash());
        assertEquals(-1, first.getCompactRevision());
        assertEquals(5, second.getCompactRevision());
        assertEquals(10, second.getHashRevision());
        assertEquals(31, second.getHeader().getRevision());
    }

    @Test
    @OwnMember
    @EnabledIfSystemProperty(named = "metastore.target", matches = "etcd", disabledReason = EARLIER_POINTS)
    @Statement("MNT-13")
    void remembersTenCompactionPoints(Client client) {
        RevisionHistory history = new RevisionHistory();
        for (int i = 0; i < 15; i++) {
            put(client, history, "a", "v" + i, 0);
        }
        for (long revision = 2; revision <= 13; revision++) {
            compact(client, history, revision);
        }

        Refusal.COMPACTED.of(() -> hash(client, 2));
        Refusal.COMPACTED.of(() -> hash(client, 3));
        for (long revision = 4; revision <= 12; revision++) {
            assertEquals(revision, hash(client, revision).getHashRevision());
            assertEquals(revision - 1, hash(client, revision).getCompactRevision());
        }
    }

    private static void randomWrite(Client client, RevisionHistory history, Random random) {
        switch (random.nextInt(6)) {
            case 0 -> {
                if (!history.liveKeys().isEmpty()) {
                    List<String> live = List.copyOf(history.liveKeys());
                    delete(client, history, live.get(random.nextInt(live.size())));
                }
            }
            case 1 -> {
                TxnRequest.Builder txn = TxnRequest.newBuilder();
                history.begin();
                for (int i = 0; i < 3; i++) {
                    String key = "t" + i + random.nextInt(3);
                    txn.addSuccess(op(Requests.put(bytes(key), "txn")));
                    history.put(key, "txn", 0);
                }
                history.commit(client.txn(txn).getHeader().getRevision());
            }
            case 2 -> {
                var deleted = client.kv()
                        .deleteRange(Requests.delete(bytes("k0"), bytes("k3"))
                                .setPrevKv(true)
                                .build());
                if (deleted.getDeleted() > 0) {
                    history.begin();
                    deleted.getPrevKvsList()
                            .forEach(kv -> history.delete(kv.getKey().toStringUtf8()));
                    history.commit(deleted.getHeader().getRevision());
                }
            }
            default -> put(client, history, "k" + random.nextInt(8), "v".repeat(random.nextInt(300)), 0);
        }
    }

    private static void put(Client client, RevisionHistory history, String key, String value, long lease) {
        history.begin();
        history.put(key, value, lease);
        history.commit(client.kv()
                .put(Requests.put(bytes(key), value).setLease(lease).build())
                .getHeader()
                .getRevision());
    }

    private static void delete(Client client, RevisionHistory history, String key) {
        history.begin();
        history.delete(key);
        history.commit(client.delete(ByteString.copyFromUtf8(key)));
    }

    private static void compact(Client client, RevisionHistory history, long revision) {
        var ignored = client.kv().compact(physicalCompaction(revision));
        history.compacted(revision);
    }

    private static HashKVResponse hash(Client client, long revision) {
        return client.maintenance()
                .hashKV(HashKVRequest.newBuilder().setRevision(revision).build());
    }

    private static void assertHash(Client client, RevisionHistory history, long revision, long now) {
        HashKVResponse answer = hash(client, revision);
        long hashed = revision == 0 ? now : revision;

        assertEquals(hashed, answer.getHashRevision());
        assertEquals(now, answer.getHeader().getRevision());
        assertEquals(client.range(range(bytes("a"))).getHeader(), answer.getHeader());
        if (hashed != history.compaction()) {
            assertEquals(history.compaction(), answer.getCompactRevision());
            assertEquals(
                    history.hash(history.compaction(), hashed), answer.getHash(), () -> "at " + hashed + " " + history);
        } else {
            assertEquals(history.hash(answer.getCompactRevision(), hashed), answer.getHash(), () -> "at " + hashed);
        }
    }
}
