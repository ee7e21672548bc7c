package io.metastore.bench;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import java.util.List;
import java.util.SplittableRandom;

/// What a program asks of a store that it keeps its state in: of ten calls four read a key, four put one, and two
/// swap the value of a key that no other client writes. Keys are few, so that reads find something soon.
final class ColdLoad implements Workload {
    static final List<String> KINDS = List.of("put", "txn", "range");

    private static final int PUT_KIND = KINDS.indexOf("put");
    private static final int TXN_KIND = KINDS.indexOf("txn");
    private static final int RANGE_KIND = KINDS.indexOf("range");

    /// Ten calls, one after the other.
    private static final int[] TURNS = {
        PUT_KIND, RANGE_KIND, TXN_KIND, RANGE_KIND, PUT_KIND, RANGE_KIND, PUT_KIND, TXN_KIND, RANGE_KIND, PUT_KIND
    };

    private static final int KEY_BYTES = 32;
    private static final int KEY_SPACE = 1_000;

    private final Keys shared = new Keys(Keys.ROOT + "cold/", KEY_BYTES, KEY_SPACE);
    private final Keys own = new Keys(Keys.ROOT + "swap/", KEY_BYTES, KEY_SPACE);
    private final Payload values;
    private final long seed;

    ColdLoad(Payload values, long seed) {
        this.values = values;
        this.seed = seed;
    }

    @Override
    public List<String> kinds() {
        return KINDS;
    }

    @Override
    public VirtualClient client(int number, Lane lane, Channel channel) {
        SplittableRandom random = new SplittableRandom(seed + number * 0x9E3779B97F4A7C15L);
        ByteString swapped = own.key(number);
        return new VirtualClient(lane, channel) {
            private long seen;

            @Override
            void send(long call) {
                ByteString key = shared.key(random.nextLong(shared.space()));
                kind(TURNS[(int) (call % TURNS.length)]);
                if (kind() == PUT_KIND) {
                    unary(PutLoad.PUT, PutLoad.request(key, values.value(call)), reply -> {});
                } else if (kind() == TXN_KIND) {
                    unary(
                            KVGrpc.getTxnMethod(),
                            TxnLoad.swap(swapped, seen, values.value(call)),
                            reply -> seen = TxnLoad.modRevision(reply));
                } else {
                    unary(RangeLoad.RANGE, RangeRequest.newBuilder().setKey(key).build(), reply -> {});
                }
            }
        };
    }
}
