package io.metastore.replay;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.metastore.api.etcd.etcdserverpb.AlarmMember;
import io.metastore.api.etcd.etcdserverpb.AlarmResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseLeasesResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseStatus;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveResponse;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.etcdserverpb.RequestOp;
import io.metastore.api.etcd.etcdserverpb.ResponseHeader;
import io.metastore.api.etcd.etcdserverpb.ResponseOp;
import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.api.etcd.etcdserverpb.TxnResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Takes out of one server's answers what two correct servers may answer differently. [#LIST] says what.
final class Normalisation {
    static final List<String> LIST = List.of(
            "header.cluster_id, header.member_id, header.raft_term: only whether they are set",
            "Status: version, db sizes, raft index and term, leader: left out; member ids in errors: own or as sent",
            "Alarm: memberID of the answering member: 'own'; order of the list: sorted (etcd walks a hash map)",
            "LeaseGrant with ID 0: the drawn id becomes the number of the draw, here and wherever it is listed",
            "LeaseTimeToLive: remaining TTL: only whether there is one; order of keys: sorted (LEA-16)",
            "LeaseLeases: order: sorted (by remaining TTL, which ties)",
            "Range by VERSION, CREATE, MOD or VALUE: order within a tie: by key (KVR-09); of the tie at which a limit"
                    + " cuts only the sort field is compared; VALUE with keys_only shows no ties: compared as a set, or"
                    + " by number when cut",
            "RangeStream: how pairs are cut into messages: merged (RST-05)",
            "text of the refusal of a message above max-request-bytes + 512 KiB: it is gRPC's own (GEN-04)",
            "Watch: how events are cut into responses, fragments and header.revision of event responses: the"
                    + " sequence of events of each watcher is compared, headers are only checked not to be older than"
                    + " their events (WAT-23, WAT-24)",
            "Watch: progress answers: used to know that everything has arrived, not compared (which are dropped depends"
                    + " on timing, WAT-30)");

    private static final long OWN = Symbol.OWN_MEMBER.plus(0);
    private static final ResponseHeader NO_HEADER = ResponseHeader.getDefaultInstance();

    private final long ownMember;
    private final List<Long> drawnLeases;

    /// @param drawnLeases ids that this server drew so far; grows
    Normalisation(long ownMember, List<Long> drawnLeases) {
        this.ownMember = ownMember;
        this.drawnLeases = drawnLeases;
    }

    /// @param request as this server got it
    Message of(Message request, Message response) {
        Message inner = switch (response) {
            case RangeResponse range -> range((RangeRequest) request, range);
            case TxnResponse txn -> txn((TxnRequest) request, txn);
            case LeaseGrantResponse grant ->
                grant.toBuilder().setID(lease(grant.getID())).build();
            case LeaseTimeToLiveResponse left -> timeToLive(left);
            case LeaseLeasesResponse leases -> leases(leases);
            case AlarmResponse alarms -> alarms(alarms);
            case StatusResponse status -> status(status);
            default -> response;
        };
        var header = inner.getDescriptorForType().findFieldByName("header");
        return header == null || !inner.hasField(header)
                ? inner
                : inner.toBuilder()
                        .setField(header, header((ResponseHeader) inner.getField(header)))
                        .build();
    }

    private static ResponseHeader header(ResponseHeader header) {
        return header.toBuilder()
                .setClusterId(header.getClusterId() == 0 ? 0 : 1)
                .setMemberId(header.getMemberId() == 0 ? 0 : 1)
                .setRaftTerm(header.getRaftTerm() == 0 ? 0 : 1)
                .build();
    }

    /// The id of a lease as the other server would know it.
    long lease(long id) {
        int drawn = drawnLeases.indexOf(id);
        return drawn < 0 ? id : Symbol.DRAWN_LEASE.plus(drawn);
    }

    static RangeResponse range(RangeRequest request, RangeResponse response) {
        return SortTies.evened(request, response);
    }

    private static TxnResponse txn(TxnRequest request, TxnResponse response) {
        List<RequestOp> ops = response.getSucceeded() ? request.getSuccessList() : request.getFailureList();
        TxnResponse.Builder normal = response.toBuilder();
        for (int i = 0; i < Math.min(ops.size(), response.getResponsesCount()); i++) {
            RequestOp op = ops.get(i);
            ResponseOp answer = response.getResponses(i);
            if (op.hasRequestRange() && answer.hasResponseRange()) {
                RangeResponse range = range(op.getRequestRange(), answer.getResponseRange());
                normal.setResponses(i, ResponseOp.newBuilder().setResponseRange(range));
            } else if (op.hasRequestTxn() && answer.hasResponseTxn()) {
                TxnResponse txn = txn(op.getRequestTxn(), answer.getResponseTxn());
                normal.setResponses(i, ResponseOp.newBuilder().setResponseTxn(txn));
            }
        }
        return normal.build();
    }

    private LeaseTimeToLiveResponse timeToLive(LeaseTimeToLiveResponse left) {
        List<ByteString> keys = new ArrayList<>(left.getKeysList());
        keys.sort(ByteString.unsignedLexicographicalComparator());
        return left.toBuilder()
                .setID(lease(left.getID()))
                .setTTL(Math.min(left.getTTL(), 1))
                .clearKeys()
                .addAllKeys(keys)
                .build();
    }

    private LeaseLeasesResponse leases(LeaseLeasesResponse leases) {
        return leases.toBuilder()
                .clearLeases()
                .addAllLeases(leases.getLeasesList().stream()
                        .map(one -> LeaseStatus.newBuilder()
                                .setID(lease(one.getID()))
                                .build())
                        .sorted(Comparator.comparing(LeaseStatus::getID))
                        .toList())
                .build();
    }

    private AlarmResponse alarms(AlarmResponse alarms) {
        return alarms.toBuilder()
                .clearAlarms()
                .addAllAlarms(alarms.getAlarmsList().stream()
                        .map(one -> one.getMemberID() == ownMember
                                ? one.toBuilder().setMemberID(OWN).build()
                                : one)
                        .sorted(Comparator.comparingLong(AlarmMember::getMemberID)
                                .thenComparing(AlarmMember::getAlarmValue))
                        .toList())
                .build();
    }

    private StatusResponse status(StatusResponse status) {
        StatusResponse.Builder normal = StatusResponse.newBuilder()
                .setHeader(status.hasHeader() ? status.getHeader() : NO_HEADER)
                .setIsLearner(status.getIsLearner())
                .setStorageVersion(status.getStorageVersion())
                .setDbSizeQuota(status.getDbSizeQuota());
        if (status.hasDowngradeInfo()) {
            normal.setDowngradeInfo(status.getDowngradeInfo());
        }
        String own = Long.toUnsignedString(ownMember);
        status.getErrorsList().stream()
                .map(text -> text.strip().replaceAll(" +", " ").replace(own, "own"))
                .sorted()
                .forEach(normal::addErrors);
        return normal.build();
    }
}
