package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.compaction;
import static io.metastore.blackbox.Requests.op;
import static io.metastore.blackbox.Requests.put;
import static io.metastore.blackbox.Requests.range;
import static io.metastore.blackbox.Requests.then;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.metastore.api.etcd.etcdserverpb.AlarmRequest;
import io.metastore.api.etcd.etcdserverpb.HashKVRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseLeasesRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseRevokeRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveRequest;
import io.metastore.api.etcd.etcdserverpb.ResponseHeader;
import io.metastore.api.etcd.etcdserverpb.StatusRequest;
import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What the header of every answer says.
@BlackBox
class HeaderIT {

    @Test
    @OwnMember
    @Statement("GEN-08")
    void namesClusterMemberTermAndRevision(Client client, Keys keys) {
        StatusResponse status = client.maintenance().status(StatusRequest.getDefaultInstance());
        ResponseHeader first = status.getHeader();
        assertNotEquals(0, first.getClusterId());
        assertNotEquals(0, first.getMemberId());
        assertNotEquals(0, first.getRaftTerm());
        assertEquals(status.getRaftTerm(), first.getRaftTerm());
        assertEquals(first.getMemberId(), status.getLeader());
        long revision = first.getRevision();

        assertHeader(first, revision + 1, client.put(keys.key("a"), "1").getHeader());
        assertHeader(first, revision + 1, client.range(range(keys)).getHeader());
        assertHeader(
                first,
                revision + 1,
                client.range(range(keys).setSerializable(true)).getHeader());
        assertHeader(
                first,
                revision + 2,
                client.txn(then(op(put(keys.key("b"), "1")))).getHeader());
        assertHeader(first, revision + 2, client.txn(then(op(range(keys)))).getHeader());
        assertHeader(
                first,
                revision + 3,
                client.kv().deleteRange(Requests.delete(keys.key("a")).build()).getHeader());
        assertHeader(
                first,
                revision + 3,
                client.kv().compact(compaction(revision + 1)).getHeader());
    }

    @Test
    @Statement("GEN-09")
    void fillsInTheCurrentRevision(Client client, Keys keys) {
        long revision = client.putRevision(keys.key("a"), "1");
        ResponseHeader model = client.range(range(keys)).getHeader();
        long lease = client.grant(600);

        for (ResponseHeader header : List.of(
                client.kv()
                        .deleteRange(Requests.delete(keys.key("missing")).build())
                        .getHeader(),
                client.txn(TxnRequest.newBuilder()).getHeader(),
                client.lease()
                        .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(600).build())
                        .getHeader(),
                client.lease()
                        .leaseTimeToLive(
                                LeaseTimeToLiveRequest.newBuilder().setID(lease).build())
                        .getHeader(),
                client.lease()
                        .leaseLeases(LeaseLeasesRequest.getDefaultInstance())
                        .getHeader(),
                client.lease()
                        .leaseRevoke(
                                LeaseRevokeRequest.newBuilder().setID(lease).build())
                        .getHeader(),
                client.maintenance()
                        .alarm(AlarmRequest.newBuilder()
                                .setAction(AlarmRequest.AlarmAction.GET)
                                .build())
                        .getHeader(),
                client.maintenance().hashKV(HashKVRequest.getDefaultInstance()).getHeader(),
                client.maintenance().status(StatusRequest.getDefaultInstance()).getHeader())) {
            assertHeader(model, revision, header);
        }
    }

    private static void assertHeader(ResponseHeader model, long revision, ResponseHeader header) {
        assertEquals(model.toBuilder().setRevision(revision).build(), header);
    }
}
