package io.metastore.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import io.metastore.api.RequestConversions;
import io.metastore.api.etcd.etcdserverpb.Compare;
import io.metastore.api.etcd.etcdserverpb.DeleteRangeRequest;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RequestOp;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.fuzz.Fuzz;
import io.metastore.mvcc.MvccStore;
import io.metastore.mvcc.StoreFolder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Requests of clients, damaged: each is refused by its form, or becomes commands that can be written to the
/// raft log, read from it, and applied. One that could be written and not applied would stop every member, at
/// every start.
class RequestFuzzTest {
    @TempDir
    private Path folder;

    private static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }

    private static RequestOp put(PutRequest.Builder put) {
        return RequestOp.newBuilder().setRequestPut(put).build();
    }

    private static List<byte[]> corpus() {
        RequestOp put = put(
                PutRequest.newBuilder().setKey(bytes("a")).setValue(bytes("1")).setPrevKv(true));
        RequestOp keep = put(PutRequest.newBuilder().setKey(bytes("b")).setIgnoreValue(true));
        RequestOp lease = put(PutRequest.newBuilder().setKey(bytes("c")).setLease(7));
        RequestOp delete = RequestOp.newBuilder()
                .setRequestDeleteRange(
                        DeleteRangeRequest.newBuilder().setKey(bytes("d")).setRangeEnd(bytes("f")))
                .build();
        RequestOp range = RequestOp.newBuilder()
                .setRequestRange(RangeRequest.newBuilder()
                        .setKey(bytes("a"))
                        .setRangeEnd(bytes("z"))
                        .setLimit(2)
                        .setRevision(3)
                        .setSortOrder(RangeRequest.SortOrder.DESCEND)
                        .setSortTarget(RangeRequest.SortTarget.VALUE)
                        .setMaxModRevision(9))
                .build();
        Compare compare = Compare.newBuilder()
                .setKey(bytes("a"))
                .setRangeEnd(bytes("c"))
                .setTarget(Compare.CompareTarget.MOD)
                .setResult(Compare.CompareResult.GREATER)
                .setModRevision(1)
                .build();
        TxnRequest flat = TxnRequest.newBuilder()
                .addCompare(compare)
                .addSuccess(put)
                .addSuccess(delete)
                .addSuccess(range)
                .addFailure(keep)
                .addFailure(lease)
                .build();
        TxnRequest nested = TxnRequest.newBuilder()
                .addSuccess(RequestOp.newBuilder().setRequestTxn(flat))
                .addFailure(RequestOp.newBuilder().setRequestTxn(flat))
                .build();
        return List.of(flat.toByteArray(), nested.toByteArray());
    }

    @Test
    void requestsBecomeCommandsThatCanBeApplied() throws Exception {
        try (StoreFolder state = new StoreFolder(folder.resolve("state"))) {
            MvccStore store = new MvccStore(state.open());
            StateMachine machine = new StateMachine(store);
            ApplyLoop loop = new ApplyLoop(
                    machine, new ChunkLimits(1, 1), (_, _, _, _) -> {}, new ApplyMetrics(new SimpleMeterRegistry()));
            long[] index = {0};
            Fuzz.of("requests", RequestConversions.Refused.class)
                    .allocating(32 << 20, 20_000)
                    .run(corpus(), input -> {
                        List<Command<?>> commands = RequestConversions.commands(input);
                        for (Command<?> command : commands) {
                            ByteBuffer entry = EntryCodec.encode(Origin.NONE, List.of(CommandCodec.encode(command)));
                            assertEquals(List.of(command), EntryCodec.decode(entry));
                        }
                        index[0]++;
                        HistoryStep.Entry entry = new HistoryStep.Entry(index[0], commands, true, true);
                        loop.run(new FedEntries(List.of(new FedEntries.Fed(entry)), true));
                    });
            store.close();
        }
    }
}
