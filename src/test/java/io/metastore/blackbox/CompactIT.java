package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.bytes;
import static io.metastore.blackbox.Requests.compaction;
import static io.metastore.blackbox.Requests.physicalCompaction;
import static io.metastore.blackbox.Requests.range;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest;
import io.metastore.api.etcd.etcdserverpb.AlarmType;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import io.metastore.api.etcd.etcdserverpb.WatchRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.mvccpb.Event;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Compact: from when on old revisions are refused, and what remains.
@BlackBox
class CompactIT {

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @OwnMember
    @Statement({"CMP-01", "CMP-04", "CMP-06"})
    void keepsTheLatestVersionOfEveryLiveKey(boolean physical, Client client, Keys keys) {
        client.put(keys.key("a"), "1");
        client.put(keys.key("gone"), "1");
        client.put(keys.key("a"), "2");
        client.put(keys.key("b"), "1");
        long now = client.delete(keys.key("gone"));

        var answer = client.kv().compact(physical ? physicalCompaction(now) : compaction(now));

        assertEquals(now, answer.getHeader().getRevision());
        Refusal.COMPACTED.of(() -> client.range(range(keys).setRevision(now - 1)));
        for (long revision : new long[] {0, now}) {
            var kept = client.range(range(keys).setRevision(revision));
            assertEquals(List.of("a", "b"), keys.names(kept.getKvsList()));
            assertEquals(bytes("2"), kept.getKvs(0).getValue());
            assertEquals(2, kept.getKvs(0).getVersion());
        }
        assertEquals(now + 1, client.putRevision(keys.key("a"), "3"));
        assertEquals(3, client.get(keys.key("a")).orElseThrow().getVersion());
    }

    @Test
    @OwnMember
    @Statement("CMP-02")
    void refusesThePastAndTheFuture(Client client, Keys keys) {
        for (int i = 0; i < 5; i++) {
            client.put(keys.key("a"), "v" + i);
        }
        long now = client.revision();

        Refusal.FUTURE_REV.of(() -> client.kv().compact(compaction(now + 1)));
        Refusal.FUTURE_REV.of(() -> client.kv().compact(compaction(Long.MAX_VALUE)));
        client.kv().compact(compaction(now - 2));
        for (boolean physical : new boolean[] {false, true}) {
            for (long past : new long[] {now - 2, now - 3, 0, -1, -2}) {
                Refusal.COMPACTED.of(() -> client.kv()
                        .compact(compaction(past).toBuilder()
                                .setPhysical(physical)
                                .build()));
            }
        }
        Refusal.FUTURE_REV.of(() -> client.kv().compact(physicalCompaction(now + 1)));
        assertEquals(now, client.kv().compact(compaction(now - 1)).getHeader().getRevision());
    }

    @Test
    @OwnMember
    @Statement({"CMP-03", "CMP-02"})
    void takesRevisionZeroOnce(Client client, Keys keys) {
        long now = client.putRevision(keys.key("a"), "1");

        Refusal.COMPACTED.of(() -> client.kv().compact(compaction(-1)));
        assertEquals(now, client.kv().compact(compaction(0)).getHeader().getRevision());
        Refusal.COMPACTED.of(() -> client.kv().compact(compaction(0)));
        assertEquals(0, client.range(range(keys).setRevision(1)).getCount(), "nothing is lost by it");
    }

    @Test
    @OwnMember
    @Statement("CMP-04")
    void reportsTheCurrentRevision(Client client, Keys keys) {
        long first = client.putRevision(keys.key("a"), "1");
        client.put(keys.key("a"), "2");
        long now = client.putRevision(keys.key("a"), "3");

        assertEquals(now, client.kv().compact(compaction(first)).getHeader().getRevision());
        assertEquals(
                now,
                client.kv().compact(physicalCompaction(first + 1)).getHeader().getRevision());
    }

    /// With batches of ten and a pause of 100 ms the removal of 60 superseded versions takes at least half a
    /// second; the answer without `physical` does not wait for it.
    @Test
    @OwnMember({"--compaction-batch-limit=10", "--compaction-sleep-interval=100ms"})
    @Statement({"CMP-05", "CMP-06", "CMP-07"})
    void waitsForTheRemovalOnlyWhenAsked(Client client, Keys keys) {
        for (int i = 0; i < 60; i++) {
            client.put(keys.key("a"), "v" + i);
        }
        long now = client.revision();
        client.kv().compact(compaction(now - 30));
        Refusal.COMPACTED.of(() -> client.range(range(keys).setRevision(now - 31)));

        long start = System.nanoTime();
        Refusal.COMPACTED.of(() -> client.kv().compact(physicalCompaction(now - 30)));
        client.kv().compact(physicalCompaction(now));
        Duration taken = Duration.ofNanos(System.nanoTime() - start);

        assertTrue(taken.toMillis() >= 400, taken::toString);
        assertEquals(bytes("v59"), client.get(keys.key("a")).orElseThrow().getValue());
    }

    @Test
    @OwnMember
    @Statement({"CMP-08", "WAT-11"})
    void keepsADeletionExactlyAtItsRevision(Client client, Keys keys) {
        ByteString key = keys.key("a");
        client.put(key, "1");
        long gone = client.delete(key);
        client.kv().compact(physicalCompaction(gone));

        try (Duplex<WatchRequest, WatchResponse> watch = watch(client, key, gone)) {
            Event event = watch.next().getEvents(0);
            assertEquals(Event.EventType.DELETE, event.getType());
            assertEquals(gone, event.getKv().getModRevision());
        }
        assertEquals(0, client.range(range(key).setRevision(gone)).getCount());
        long other = client.putRevision(keys.key("b"), "1");
        client.kv().compact(physicalCompaction(other));
        assertEquals(other + 1, client.putRevision(key, "2"));
        assertEquals(1, client.get(key).orElseThrow().getVersion());
    }

    private static Duplex<WatchRequest, WatchResponse> watch(Client client, ByteString key, long revision) {
        Duplex<WatchRequest, WatchResponse> watch = Duplex.open(client.watch()::watch);
        watch.send(WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder().setKey(key).setStartRevision(revision))
                .build());
        assertTrue(watch.next().getCreated());
        return watch;
    }

    @Test
    @OwnMember({"--compaction-batch-limit=10", "--compaction-sleep-interval=50ms"})
    @Statement("CMP-10")
    void goesOnAfterACrash(Member member, Keys keys) {
        for (int i = 0; i < 200; i++) {
            member.client().put(keys.key("k" + i % 5), "v" + i);
        }
        long now = member.client().delete(keys.key("k0"));
        member.client().kv().compact(compaction(now));
        member.kill();
        member.restart();
        Client client = member.client();

        assertEquals(now, client.revision());
        Refusal.COMPACTED.of(() -> client.range(range(keys).setRevision(now - 1)));
        Refusal.COMPACTED.of(() -> client.kv().compact(physicalCompaction(now)));
        assertEquals(List.of("k1", "k2", "k3", "k4"), keys.names(client.all(keys)));
        assertEquals(now + 1, client.putRevision(keys.key("k0"), "again"));
    }

    @Test
    @OwnMember
    @Statement({"CMP-12", "ALM-07"})
    void isRefusedWhileDataIsCorrupt(Client client, Keys keys) {
        long now = client.putRevision(keys.key("a"), "1");
        AlarmRequest.Builder alarm =
                AlarmRequest.newBuilder().setMemberID(memberId(client)).setAlarm(AlarmType.CORRUPT);
        client.maintenance()
                .alarm(alarm.setAction(AlarmRequest.AlarmAction.ACTIVATE).build());

        Refusal.CORRUPT.of(() -> client.kv().compact(compaction(now)));
        client.maintenance()
                .alarm(alarm.setAction(AlarmRequest.AlarmAction.DEACTIVATE).build());
        client.kv().compact(compaction(now));
    }

    @Test
    @OwnMember
    @Statement("CMP-12")
    void isAllowedWithoutSpace(Client client, Keys keys) {
        long now = client.putRevision(keys.key("a"), "1");
        client.maintenance()
                .alarm(AlarmRequest.newBuilder()
                        .setMemberID(memberId(client))
                        .setAlarm(AlarmType.NOSPACE)
                        .setAction(AlarmRequest.AlarmAction.ACTIVATE)
                        .build());

        Refusal.NO_SPACE.of(() -> client.put(keys.key("a"), "2"));
        assertEquals(now, client.kv().compact(compaction(now)).getHeader().getRevision());
    }

    private static long memberId(Client client) {
        return client.range(range(bytes("ready?"))).getHeader().getMemberId();
    }

    @Test
    @OwnMember({"--auto-compaction-mode=periodic", "--auto-compaction-retention=1s"})
    @Statement("CMP-13")
    void compactsByItselfEveryPeriod(Client client, Keys keys) {
        long first = client.putRevision(keys.key("a"), "1");
        client.put(keys.key("a"), "2");

        assertEquals(1, client.range(range(keys).setRevision(first)).getCount(), "not before a period is over");
        long deadline = System.nanoTime() + Client.PATIENCE.toNanos();
        StatusRuntimeException refusal = null;
        while (refusal == null && System.nanoTime() < deadline) {
            client.put(keys.key("a"), "more");
            try {
                client.range(range(keys).setRevision(first));
            } catch (StatusRuntimeException e) {
                refusal = e;
            }
        }

        assertTrue(refusal != null, "no compaction within " + Client.PATIENCE);
        assertEquals(Refusal.COMPACTED.text(), refusal.getStatus().getDescription());
        long current = client.revision();
        assertEquals(1, client.range(range(keys).setRevision(current)).getCount());
        assertThrows(
                StatusRuntimeException.class, () -> client.range(range(keys).setRevision(first)));
    }
}
