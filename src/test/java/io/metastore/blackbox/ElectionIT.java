package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.bytes;
import static io.metastore.blackbox.Requests.range;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.metastore.Eventually;
import io.metastore.api.etcd.mvccpb.KeyValue;
import io.metastore.api.etcd.v3electionpb.CampaignRequest;
import io.metastore.api.etcd.v3electionpb.CampaignResponse;
import io.metastore.api.etcd.v3electionpb.ElectionGrpc;
import io.metastore.api.etcd.v3electionpb.LeaderKey;
import io.metastore.api.etcd.v3electionpb.LeaderRequest;
import io.metastore.api.etcd.v3electionpb.LeaderResponse;
import io.metastore.api.etcd.v3electionpb.ProclaimRequest;
import io.metastore.api.etcd.v3electionpb.ProclaimResponse;
import io.metastore.api.etcd.v3electionpb.ResignRequest;
import io.metastore.api.etcd.v3electionpb.ResignResponse;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/// The Election service: who leads, what it says, who is next.
@BlackBox
@Timeout(120)
class ElectionIT {
    private static ListenableFuture<CampaignResponse> begin(Client client, ByteString name, long lease, String value) {
        return ElectionGrpc.newFutureStub(client.channel())
                .campaign(CampaignRequest.newBuilder()
                        .setName(name)
                        .setLease(lease)
                        .setValue(bytes(value))
                        .build());
    }

    private static CampaignResponse campaign(Client client, ByteString name, long lease, String value)
            throws Exception {
        return begin(client, name, lease, value).get(20, TimeUnit.SECONDS);
    }

    private static ElectionGrpc.ElectionBlockingStub election(Client client) {
        return ElectionGrpc.newBlockingStub(client.channel()).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    private static ProclaimResponse proclaim(Client client, LeaderKey leader, String value) {
        return election(client)
                .proclaim(ProclaimRequest.newBuilder()
                        .setLeader(leader)
                        .setValue(bytes(value))
                        .build());
    }

    private static ResignResponse resign(Client client, LeaderKey leader) {
        return election(client)
                .resign(ResignRequest.newBuilder().setLeader(leader).build());
    }

    private static LeaderResponse leader(Client client, ByteString name) {
        return election(client).leader(LeaderRequest.newBuilder().setName(name).build());
    }

    private static List<KeyValue> candidates(Client client, Keys keys) {
        return client.range(range(keys)).getKvsList();
    }

    private static void compete(Client client, Keys keys, int count) {
        Eventually.holds(count + " compete", () -> candidates(client, keys).size() == count);
    }

    private static void refused(String text, Executable call) {
        StatusRuntimeException failure = assertThrows(StatusRuntimeException.class, call);
        assertEquals(Code.UNKNOWN, failure.getStatus().getCode());
        assertEquals(text, failure.getStatus().getDescription());
    }

    @Test
    @Statement({"ELE-01", "ELE-05", "ELE-07"})
    void oneLeadsAndOneIsNext(Client client, Keys keys) throws Exception {
        ByteString name = keys.key("a");
        refused("election: no leader", () -> {
            var ignored = leader(client, name);
        });
        long lease = client.grant(60);
        long before = client.revision();
        CampaignResponse first = campaign(client, name, lease, "one");
        assertEquals(before + 1, first.getHeader().getRevision());
        assertEquals(
                LeaderKey.newBuilder()
                        .setName(name)
                        .setKey(name.concat(bytes("/" + Long.toHexString(lease))))
                        .setRev(before + 1)
                        .setLease(lease)
                        .build(),
                first.getLeader());
        assertEquals("one", leader(client, name).getKv().getValue().toStringUtf8());

        ListenableFuture<CampaignResponse> second = begin(client, name, 0, "two");
        compete(client, keys, 2);
        assertFalse(second.isDone());
        assertEquals("one", leader(client, name).getKv().getValue().toStringUtf8());
        // Of another candidacy: nothing happens.
        resign(client, first.getLeader().toBuilder().setRev(before).build());
        assertEquals(2, candidates(client, keys).size());
        resign(client, first.getLeader());
        CampaignResponse next = second.get(20, TimeUnit.SECONDS);
        assertNotEquals(0, next.getLeader().getLease());
        assertTrue(next.getHeader().getRevision() > first.getHeader().getRevision());
        assertEquals(next.getLeader().getRev(), next.getHeader().getRevision(), "that of its first step");
        LeaderResponse now = leader(client, name);
        assertEquals("two", now.getKv().getValue().toStringUtf8());
        assertEquals(next.getLeader().getKey(), now.getKv().getKey());
        resign(client, next.getLeader());
        assertEquals(List.of(), candidates(client, keys));
    }

    @Test
    @Statement({"ELE-02", "ELE-04"})
    void theLeaderSaysSomethingElse(Client client, Keys keys) throws Exception {
        ByteString name = keys.key("a");
        long lease = client.grant(60);
        CampaignResponse first = campaign(client, name, lease, "one");
        CampaignResponse again = campaign(client, name, lease, "other");
        assertEquals(first.getLeader(), again.getLeader());
        assertEquals("other", leader(client, name).getKv().getValue().toStringUtf8());
        long revision = proclaim(client, first.getLeader(), "third").getHeader().getRevision();
        LeaderResponse now = leader(client, name);
        assertEquals("third", now.getKv().getValue().toStringUtf8());
        assertEquals(revision, now.getKv().getModRevision());
        refused(
                "election: not leader",
                () -> proclaim(
                        client,
                        first.getLeader().toBuilder()
                                .setRev(first.getLeader().getRev() + 1)
                                .build(),
                        "fourth"));
        resign(client, first.getLeader());
        refused("election: not leader", () -> proclaim(client, first.getLeader(), "fifth"));
    }

    @Test
    @Statement("ELE-03")
    void whoGivesUpLeavesNothing(Client client, Keys keys) throws Exception {
        ByteString name = keys.key("a");
        CampaignResponse first = campaign(client, name, client.grant(60), "one");
        ListenableFuture<CampaignResponse> second = begin(client, name, client.grant(60), "two");
        compete(client, keys, 2);
        second.cancel(true);
        compete(client, keys, 1);
        resign(client, first.getLeader());
        assertEquals(List.of(), candidates(client, keys));
    }

    private static String next(Duplex<LeaderRequest, LeaderResponse> seen) {
        return seen.next().getKv().getValue().toStringUtf8();
    }

    @Test
    @Statement("ELE-06")
    void whoObservesSeesEachLeader(Client client, Keys keys) throws Exception {
        ByteString name = keys.key("a");
        LeaderRequest request = LeaderRequest.newBuilder().setName(name).build();
        try (Duplex<LeaderRequest, LeaderResponse> seen =
                Duplex.server(answers -> ElectionGrpc.newStub(client.channel()).observe(request, answers))) {
            CampaignResponse first = campaign(client, name, client.grant(60), "one");
            assertEquals("one", next(seen));
            ListenableFuture<CampaignResponse> second = begin(client, name, client.grant(60), "two");
            compete(client, keys, 2);
            proclaim(client, first.getLeader(), "one more");
            assertEquals("one more", next(seen));
            resign(client, first.getLeader());
            assertEquals("two", next(seen));
            resign(client, second.get(20, TimeUnit.SECONDS).getLeader());
            campaign(client, name, client.grant(60), "three");
            assertEquals("three", next(seen));
        }
    }

    @Test
    @Statement("ELE-08")
    void withoutALeaderField(Client client) {
        String text = "\"leader\" field must be provided";
        refused(text, () -> {
            var ignored = election(client).proclaim(ProclaimRequest.getDefaultInstance());
        });
        refused(text, () -> {
            var ignored = election(client).resign(ResignRequest.getDefaultInstance());
        });
    }
}
