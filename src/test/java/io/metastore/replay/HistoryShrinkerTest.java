package io.metastore.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.RequestOp;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HistoryShrinkerTest {
    private static final PutRequest GUILTY = PutRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8("guilty"))
            .setPrevKv(true)
            .build();

    /// It fails with a put of a key inside a transaction, when a Sync comes later.
    private static Optional<List<ReplayStep>> failing(List<ReplayStep> steps) {
        int put = -1;
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i) instanceof ReplayStep.Unary(Api api, TxnRequest txn)
                    && api == Api.TXN
                    && txn.getSuccessList().stream()
                            .anyMatch(op -> op.getRequestPut().getKey().equals(GUILTY.getKey()))) {
                put = i;
            } else if (put >= 0 && steps.get(i) instanceof ReplayStep.Sync) {
                return Optional.of(steps.subList(0, i + 1));
            }
        }
        return Optional.empty();
    }

    @Test
    void leavesWhatIsNeeded() {
        List<ReplayStep> steps = new ArrayList<>(new HistoryGenerator(5).steps(300));
        TxnRequest txn = new KvRequests(new Dice(1))
                .txn().toBuilder()
                        .addSuccess(RequestOp.newBuilder().setRequestPut(GUILTY))
                        .build();
        steps.add(100, new ReplayStep.Unary(Api.TXN, txn));

        List<ReplayStep> shortest =
                new HistoryShrinker(HistoryShrinkerTest::failing, TimeUnit.MINUTES.toNanos(1)).shrink(steps);

        TxnRequest least = TxnRequest.newBuilder()
                .addSuccess(RequestOp.newBuilder()
                        .setRequestPut(PutRequest.newBuilder().setKey(GUILTY.getKey())))
                .build();
        assertEquals(List.of(new ReplayStep.Unary(Api.TXN, least), new ReplayStep.Sync()), shortest);
    }

    @Test
    void takesAwayOneThingAtATime() {
        TxnRequest txn = TxnRequest.newBuilder()
                .addSuccess(RequestOp.newBuilder().setRequestPut(GUILTY))
                .build();

        assertTrue(HistoryShrinker.simpler(txn).contains(TxnRequest.getDefaultInstance()));
        assertTrue(HistoryShrinker.simpler(txn)
                .contains(TxnRequest.newBuilder()
                        .addSuccess(RequestOp.newBuilder()
                                .setRequestPut(GUILTY.toBuilder().clearPrevKv()))
                        .build()));
    }
}
