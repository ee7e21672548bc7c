package io.metastore.replay;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.LeaseGrpc;
import io.metastore.api.etcd.etcdserverpb.MaintenanceGrpc;

/// The calls with one request and one answer that histories are made of.
enum Api {
    RANGE(KVGrpc.getRangeMethod()),
    PUT(KVGrpc.getPutMethod()),
    DELETE_RANGE(KVGrpc.getDeleteRangeMethod()),
    TXN(KVGrpc.getTxnMethod()),
    COMPACT(KVGrpc.getCompactMethod()),
    GRANT(LeaseGrpc.getLeaseGrantMethod()),
    REVOKE(LeaseGrpc.getLeaseRevokeMethod()),
    TIME_TO_LIVE(LeaseGrpc.getLeaseTimeToLiveMethod()),
    LEASES(LeaseGrpc.getLeaseLeasesMethod()),
    ALARM(MaintenanceGrpc.getAlarmMethod()),
    STATUS(MaintenanceGrpc.getStatusMethod()),
    HASH_KV(MaintenanceGrpc.getHashKVMethod());

    private final MethodDescriptor<?, ?> method;

    Api(MethodDescriptor<?, ?> method) {
        this.method = method;
    }

    /// Service and name as on the wire, such as `etcdserverpb.KV/Put`.
    String path() {
        return method.getFullMethodName();
    }

    @SuppressWarnings("unchecked") // the table above pairs names and types
    MethodDescriptor<Message, Message> method() {
        return (MethodDescriptor<Message, Message>) method;
    }
}
