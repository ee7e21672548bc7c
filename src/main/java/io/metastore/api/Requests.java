package io.metastore.api;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.metastore.api.etcd.etcdserverpb.DeleteRangeRequest;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.machine.Command;
import io.metastore.machine.ProtobufBytes;
import io.metastore.mvcc.RangeQuery;
import io.metastore.value.KeyRange;
import io.metastore.value.StoreError;

/// etcd's requests of single keys and ranges as commands and queries. Every rule about their form is here,
/// once; a request that breaks one throws [RefusedRequest].
final class Requests {
    /// What etcd's internal proposal adds to a request: its header with the request's id (GEN-05).
    private static final int PROPOSAL_HEADER_BYTES = 15;

    private Requests() {}

    /// Refuses a write whose proposal is larger than `maxRequestBytes` (GEN-05).
    static void checkSize(int serializedSize, long maxRequestBytes) {
        long size = (long) PROPOSAL_HEADER_BYTES
                + 1
                + CodedOutputStream.computeUInt32SizeNoTag(serializedSize)
                + serializedSize;
        if (size > maxRequestBytes) {
            throw new RefusedRequest(StoreError.REQUEST_TOO_LARGE);
        }
    }

    static RangeQuery range(RangeRequest request) {
        requireKey(request.getKey());
        return new RangeQuery(
                KeyRange.of(ProtobufBytes.of(request.getKey()), ProtobufBytes.of(request.getRangeEnd())),
                request.getRevision(),
                request.getLimit(),
                detail(request),
                order(request),
                new RangeQuery.Filter(
                        request.getMinModRevision(),
                        request.getMaxModRevision(),
                        request.getMinCreateRevision(),
                        request.getMaxCreateRevision()));
    }

    private static RangeQuery.Detail detail(RangeRequest request) {
        if (request.getCountOnly()) {
            return RangeQuery.Detail.COUNT_ONLY;
        }
        return request.getKeysOnly() ? RangeQuery.Detail.KEYS_ONLY : RangeQuery.Detail.FULL;
    }

    private static RangeQuery.Order order(RangeRequest request) {
        RangeQuery.Direction direction = switch (request.getSortOrder()) {
            case NONE -> RangeQuery.Direction.NONE;
            case ASCEND -> RangeQuery.Direction.ASCEND;
            case DESCEND -> RangeQuery.Direction.DESCEND;
            case UNRECOGNIZED -> throw new RefusedRequest(StoreError.INVALID_SORT_OPTION);
        };
        RangeQuery.Target target = switch (request.getSortTarget()) {
            case KEY -> RangeQuery.Target.KEY;
            case VERSION -> RangeQuery.Target.VERSION;
            case CREATE -> RangeQuery.Target.CREATE;
            case MOD -> RangeQuery.Target.MOD;
            case VALUE -> RangeQuery.Target.VALUE;
            case UNRECOGNIZED -> throw new RefusedRequest(StoreError.INVALID_SORT_OPTION);
        };
        return new RangeQuery.Order(direction, target);
    }

    /// A range to be streamed: unfiltered only, and in no other order than that of keys (RST-02, RST-03), but for a
    /// target without a direction, which sorts upwards as it does for Range (RST-04).
    static RangeQuery rangeStream(RangeRequest request) {
        RangeQuery query = range(request);
        if (!query.order().isNatural() && query.order().direction() != RangeQuery.Direction.NONE) {
            throw new RefusedRequest(StoreError.STREAM_SORT_UNSUPPORTED);
        }
        if (!query.filter().isOff()) {
            throw new RefusedRequest(StoreError.STREAM_FILTER_UNSUPPORTED);
        }
        return query;
    }

    static Command.Put put(PutRequest request) {
        requireKey(request.getKey());
        if (request.getIgnoreValue() && !request.getValue().isEmpty()) {
            throw new RefusedRequest(StoreError.VALUE_PROVIDED);
        }
        if (request.getIgnoreLease() && request.getLease() != 0) {
            throw new RefusedRequest(StoreError.LEASE_PROVIDED);
        }
        return new Command.Put(
                ProtobufBytes.of(request.getKey()),
                ProtobufBytes.of(request.getValue()),
                request.getLease(),
                request.getPrevKv(),
                request.getIgnoreValue(),
                request.getIgnoreLease());
    }

    static Command.DeleteRange delete(DeleteRangeRequest request) {
        requireKey(request.getKey());
        return new Command.DeleteRange(
                KeyRange.of(ProtobufBytes.of(request.getKey()), ProtobufBytes.of(request.getRangeEnd())),
                request.getPrevKv());
    }

    static void requireKey(ByteString key) {
        if (key.isEmpty()) {
            throw new RefusedRequest(StoreError.KEY_EMPTY);
        }
    }
}
