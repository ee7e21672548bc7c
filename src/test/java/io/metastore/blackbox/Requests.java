package io.metastore.blackbox;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.CompactionRequest;
import io.metastore.api.etcd.etcdserverpb.Compare;
import io.metastore.api.etcd.etcdserverpb.DeleteRangeRequest;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RequestOp;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import java.util.List;

/// Short forms for building requests.
public final class Requests {

    /// The range end that means "from the key on".
    public static final ByteString FROM_KEY = ByteString.copyFrom(new byte[] {0});

    private Requests() {}

    public static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }

    /// The smallest key greater than all keys with a prefix (whose last byte is not 0xff).
    public static ByteString prefixEnd(ByteString prefix) {
        byte[] end = prefix.toByteArray();
        end[end.length - 1]++;
        return ByteString.copyFrom(end);
    }

    /// The smallest key behind a key: the key with a zero byte.
    public static ByteString after(ByteString key) {
        return key.concat(FROM_KEY);
    }

    public static RangeRequest.Builder range(ByteString key) {
        return RangeRequest.newBuilder().setKey(key);
    }

    public static RangeRequest.Builder range(ByteString key, ByteString end) {
        return range(key).setRangeEnd(end);
    }

    /// All keys of a test.
    public static RangeRequest.Builder range(Keys keys) {
        return range(keys.prefix(), keys.end());
    }

    public static PutRequest.Builder put(ByteString key, String value) {
        return PutRequest.newBuilder().setKey(key).setValue(bytes(value));
    }

    public static DeleteRangeRequest.Builder delete(ByteString key) {
        return DeleteRangeRequest.newBuilder().setKey(key);
    }

    public static DeleteRangeRequest.Builder delete(ByteString key, ByteString end) {
        return delete(key).setRangeEnd(end);
    }

    public static CompactionRequest compaction(long revision) {
        return CompactionRequest.newBuilder().setRevision(revision).build();
    }

    /// A compaction that answers when old revisions are gone.
    public static CompactionRequest physicalCompaction(long revision) {
        return compaction(revision).toBuilder().setPhysical(true).build();
    }

    public static RequestOp op(RangeRequest.Builder request) {
        return RequestOp.newBuilder().setRequestRange(request).build();
    }

    public static RequestOp op(PutRequest.Builder request) {
        return RequestOp.newBuilder().setRequestPut(request).build();
    }

    public static RequestOp op(DeleteRangeRequest.Builder request) {
        return RequestOp.newBuilder().setRequestDeleteRange(request).build();
    }

    public static RequestOp op(TxnRequest.Builder request) {
        return RequestOp.newBuilder().setRequestTxn(request).build();
    }

    /// A transaction without conditions.
    public static TxnRequest.Builder then(RequestOp... ops) {
        return when().addAllSuccess(List.of(ops));
    }

    /// A transaction with conditions; add operations.
    public static TxnRequest.Builder when(Compare.Builder... compares) {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        for (Compare.Builder compare : compares) {
            txn.addCompare(compare);
        }
        return txn;
    }

    public static Compare.Builder version(ByteString key, Compare.CompareResult result, long version) {
        return Compare.newBuilder()
                .setKey(key)
                .setTarget(Compare.CompareTarget.VERSION)
                .setResult(result)
                .setVersion(version);
    }

    public static Compare.Builder createRevision(ByteString key, Compare.CompareResult result, long revision) {
        return Compare.newBuilder()
                .setKey(key)
                .setTarget(Compare.CompareTarget.CREATE)
                .setResult(result)
                .setCreateRevision(revision);
    }

    public static Compare.Builder modRevision(ByteString key, Compare.CompareResult result, long revision) {
        return Compare.newBuilder()
                .setKey(key)
                .setTarget(Compare.CompareTarget.MOD)
                .setResult(result)
                .setModRevision(revision);
    }

    public static Compare.Builder lease(ByteString key, Compare.CompareResult result, long lease) {
        return Compare.newBuilder()
                .setKey(key)
                .setTarget(Compare.CompareTarget.LEASE)
                .setResult(result)
                .setLease(lease);
    }

    public static Compare.Builder value(ByteString key, Compare.CompareResult result, ByteString value) {
        return Compare.newBuilder()
                .setKey(key)
                .setTarget(Compare.CompareTarget.VALUE)
                .setResult(result)
                .setValue(value);
    }

    public static Compare.Builder value(ByteString key, Compare.CompareResult result, String value) {
        return value(key, result, bytes(value));
    }
}
