package io.metastore.bench;

import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.LongAdder;

/// Reads: one key, all keys under a prefix, or a page of them with the count of what follows.
final class RangeLoad implements Workload {
    static final MethodDescriptor<RangeRequest, Skipped> RANGE = Skipped.replyOf(KVGrpc.getRangeMethod());

    /// What a read covers.
    enum Reach {
        KEY,
        PREFIX,
        PAGE
    }

    private final Keys keys;
    private final Reach reach;
    private final int limit;
    private final boolean serializable;
    private final long seed;
    private final LongAdder bytes = new LongAdder();

    /// @param limit  keys per page; pages start at random multiples of it, as somebody who lists everything
    /// page by page would ask. Also the limit of a prefix read, 0 for none.
    RangeLoad(Keys keys, Reach reach, int limit, boolean serializable, long seed) {
        this.keys = keys;
        this.reach = reach;
        this.limit = limit;
        this.serializable = serializable;
        this.seed = seed;
    }

    @Override
    public List<String> kinds() {
        return List.of("range");
    }

    @Override
    public VirtualClient client(int number, Lane lane, Channel channel) {
        SplittableRandom random = new SplittableRandom(seed + number * 0x9E3779B97F4A7C15L);
        return new VirtualClient(lane, channel) {
            @Override
            void send(long call) {
                unary(RANGE, request(random), reply -> bytes.add(reply.bytes()));
            }
        };
    }

    private RangeRequest request(SplittableRandom random) {
        RangeRequest.Builder request = RangeRequest.newBuilder().setSerializable(serializable);
        return switch (reach) {
            case KEY -> request.setKey(keys.key(random.nextLong(keys.space()))).build();
            case PREFIX ->
                request.setKey(keys.start())
                        .setRangeEnd(keys.end())
                        .setLimit(limit)
                        .build();
            case PAGE ->
                request.setKey(keys.key(random.nextLong(Math.max(1, keys.space() / limit)) * limit))
                        .setRangeEnd(keys.end())
                        .setLimit(limit)
                        .build();
        };
    }

    @Override
    public Map<String, Object> figures() {
        return Map.of("reply bytes (warm-up included)", bytes.sum());
    }
}
