package io.metastore.api;

import io.metastore.api.etcd.etcdserverpb.CompactionResponse;
import io.metastore.api.etcd.etcdserverpb.DeleteRangeResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseRevokeResponse;
import io.metastore.api.etcd.etcdserverpb.PutResponse;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.etcdserverpb.ResponseHeader;
import io.metastore.api.etcd.etcdserverpb.ResponseOp;
import io.metastore.api.etcd.etcdserverpb.TxnResponse;
import io.metastore.api.etcd.mvccpb.KeyValue;
import io.metastore.machine.ProtobufBytes;
import io.metastore.machine.Result;

/// Results as etcd's responses. Values are handed over without copying.
final class Responses {
    private final Headers headers;

    Responses(Headers headers) {
        this.headers = headers;
    }

    RangeResponse range(Result.Range result) {
        return fill(result).setHeader(headers.of(result.revision())).build();
    }

    PutResponse put(Result.Put result) {
        return fill(result).setHeader(headers.of(result.revision())).build();
    }

    DeleteRangeResponse delete(Result.Delete result) {
        return fill(result).setHeader(headers.of(result.revision())).build();
    }

    TxnResponse txn(Result.Txn result) {
        return fill(result).setHeader(headers.of(result.revision())).build();
    }

    CompactionResponse compact(Result.Compact result) {
        return CompactionResponse.newBuilder()
                .setHeader(headers.of(result.revision()))
                .build();
    }

    LeaseGrantResponse grant(Result.Grant result) {
        return LeaseGrantResponse.newBuilder()
                .setHeader(headers.of(result.revision()))
                .setID(result.id())
                .setTTL(result.ttlSeconds())
                .build();
    }

    LeaseRevokeResponse revoke(Result.Revoke result) {
        return LeaseRevokeResponse.newBuilder()
                .setHeader(headers.of(result.revision()))
                .build();
    }

    private static RangeResponse.Builder fill(Result.Range result) {
        RangeResponse.Builder builder = RangeResponse.newBuilder()
                .setMore(result.range().more())
                .setCount(result.range().count());
        for (io.metastore.value.KeyValue kv : result.range().keyValues()) {
            builder.addKvs(keyValue(kv));
        }
        return builder;
    }

    private static PutResponse.Builder fill(Result.Put result) {
        PutResponse.Builder builder = PutResponse.newBuilder();
        if (result.previous() != null) {
            builder.setPrevKv(keyValue(result.previous()));
        }
        return builder;
    }

    private static DeleteRangeResponse.Builder fill(Result.Delete result) {
        DeleteRangeResponse.Builder builder = DeleteRangeResponse.newBuilder().setDeleted(result.deleted());
        for (io.metastore.value.KeyValue kv : result.previous()) {
            builder.addPrevKvs(keyValue(kv));
        }
        return builder;
    }

    private static TxnResponse.Builder fill(Result.Txn result) {
        TxnResponse.Builder builder = TxnResponse.newBuilder().setSucceeded(result.succeeded());
        for (Result response : result.responses()) {
            builder.addResponses(operation(response));
        }
        return builder;
    }

    /// Within a transaction a header holds the revision alone (GEN-10), and that of a nested transaction
    /// nothing (TXN-24).
    private static ResponseOp operation(Result result) {
        ResponseHeader.Builder header = ResponseHeader.newBuilder().setRevision(result.revision());
        return switch (result) {
            case Result.Range range ->
                ResponseOp.newBuilder()
                        .setResponseRange(fill(range).setHeader(header))
                        .build();
            case Result.Put put ->
                ResponseOp.newBuilder()
                        .setResponsePut(fill(put).setHeader(header))
                        .build();
            case Result.Delete delete ->
                ResponseOp.newBuilder()
                        .setResponseDeleteRange(fill(delete).setHeader(header))
                        .build();
            case Result.Txn txn ->
                ResponseOp.newBuilder()
                        .setResponseTxn(fill(txn).setHeader(ResponseHeader.getDefaultInstance()))
                        .build();
            case Result.Compact _,
                    Result.Grant _,
                    Result.Revoke _,
                    Result.AlarmChange _,
                    Result.MemberPublish _,
                    Result.ChangeMembers _,
                    Result.ChangeAuth _ ->
                throw new IllegalStateException("no operation of a transaction yields " + result);
        };
    }

    static KeyValue keyValue(io.metastore.value.KeyValue kv) {
        return KeyValue.newBuilder()
                .setKey(ProtobufBytes.of(kv.key()))
                .setValue(ProtobufBytes.of(kv.value()))
                .setCreateRevision(kv.createRevision())
                .setModRevision(kv.modRevision())
                .setVersion(kv.version())
                .setLease(kv.lease())
                .build();
    }
}
