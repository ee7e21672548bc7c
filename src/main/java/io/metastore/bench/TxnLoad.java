package io.metastore.bench;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.metastore.api.etcd.etcdserverpb.Compare;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.etcdserverpb.RequestOp;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.api.etcd.etcdserverpb.TxnResponse;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/// Compare-and-swap: if the key's mod revision is the one that was seen last then put, else get it. Client `n`
/// works on key `n` modulo the key space: with a key space
/// smaller than the clients they get into each other's way.
final class TxnLoad implements Workload {
    private final Keys keys;
    private final Payload values;
    private final Map<Long, Long> seen = new ConcurrentHashMap<>();
    private final LongAdder swapped = new LongAdder();
    private final LongAdder lost = new LongAdder();

    TxnLoad(Keys keys, Payload values) {
        this.keys = keys;
        this.values = values;
    }

    @Override
    public List<String> kinds() {
        return List.of("txn");
    }

    @Override
    public VirtualClient client(int number, Lane lane, Channel channel) {
        long key = number % keys.space();
        ByteString name = keys.key(key);
        return new VirtualClient(lane, channel) {
            @Override
            void send(long call) {
                unary(
                        KVGrpc.getTxnMethod(),
                        swap(name, seen.getOrDefault(key, 0L), values.value(call)),
                        reply -> note(key, reply));
            }
        };
    }

    private void note(long key, TxnResponse reply) {
        (reply.getSucceeded() ? swapped : lost).increment();
        seen.put(key, modRevision(reply));
    }

    /// The key's mod revision after a swap that succeeded, or as the swap found it; 0 where there is no such key.
    static long modRevision(TxnResponse reply) {
        if (reply.getSucceeded()) {
            return reply.getHeader().getRevision();
        }
        RangeResponse found = reply.getResponses(0).getResponseRange();
        return found.getKvsCount() == 0 ? 0L : found.getKvs(0).getModRevision();
    }

    static TxnRequest swap(ByteString key, long revision, ByteString value) {
        return TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(key)
                        .setTarget(Compare.CompareTarget.MOD)
                        .setResult(Compare.CompareResult.EQUAL)
                        .setModRevision(revision))
                .addSuccess(RequestOp.newBuilder().setRequestPut(PutLoad.request(key, value)))
                .addFailure(RequestOp.newBuilder()
                        .setRequestRange(RangeRequest.newBuilder().setKey(key)))
                .build();
    }

    @Override
    public Map<String, Object> figures() {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("swapped (warm-up included)", swapped.sum());
        figures.put("lost to another writer (warm-up included)", lost.sum());
        return figures;
    }
}
