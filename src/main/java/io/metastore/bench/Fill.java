package io.metastore.bench;

import io.grpc.Channel;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.RequestOp;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;

/// Writes every key of a key space once, a hundred in a transaction.
final class Fill implements Workload {
    private static final int KEYS_PER_TXN = 100;
    private static final int CLIENTS = 16;

    private final Keys keys;
    private final Payload values;

    private Fill(Keys keys, Payload values) {
        this.keys = keys;
        this.values = values;
    }

    /// @throws AbortedException when not all keys could be written
    static void write(Connections connections, Keys keys, Payload values, Duration patience, PrintStream err) {
        long txns = (keys.space() + KEYS_PER_TXN - 1) / KEYS_PER_TXN;
        RunResult result = new Driver(connections, new Fill(keys, values), err)
                .run(new Driver.Phase("fill", CLIENTS, Pace.Limit.calls(txns), 0, patience, true));
        if (result.calls() != txns) {
            throw new AbortedException("could not write the keys to read: "
                    + result.aborted().orElse(result.errors().toString()));
        }
    }

    @Override
    public List<String> kinds() {
        return List.of("fill");
    }

    @Override
    public VirtualClient client(int number, Lane lane, Channel channel) {
        return new VirtualClient(lane, channel) {
            @Override
            void send(long call) {
                TxnRequest.Builder txn = TxnRequest.newBuilder();
                long first = call * KEYS_PER_TXN;
                for (long key = first; key < Math.min(first + KEYS_PER_TXN, keys.space()); key++) {
                    txn.addSuccess(
                            RequestOp.newBuilder().setRequestPut(PutLoad.request(keys.key(key), values.value(key))));
                }
                unary(KVGrpc.getTxnMethod(), txn.build(), reply -> {});
            }
        };
    }
}
