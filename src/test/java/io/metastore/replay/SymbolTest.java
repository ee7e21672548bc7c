package io.metastore.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.Compare;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RequestOp;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import java.util.List;
import org.junit.jupiter.api.Test;

class SymbolTest {
    private final Symbol.Meaning meaning = new Symbol.Meaning(50, 10, List.of(900L), 4711);

    private long meant(long revision) {
        return meaning.of(RangeRequest.newBuilder().setRevision(revision).build())
                .getRevision();
    }

    @Test
    void standsForWhatIsKnownWhenItIsSent() {
        assertEquals(48, meant(Symbol.LATEST.plus(-2)));
        assertEquals(51, meant(Symbol.LATEST.plus(1)));
        assertEquals(9, meant(Symbol.COMPACTED.plus(-1)));
        assertEquals(30, meant(Symbol.BETWEEN.plus(500)));
        assertEquals(900, meant(Symbol.DRAWN_LEASE.plus(0)));
        assertEquals(4711, meant(Symbol.OWN_MEMBER.plus(0)));
    }

    @Test
    void leavesOtherNumbersAlone() {
        for (long number : new long[] {0, 1, -1, 9_000_000_001L, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertEquals(number, meant(number));
        }
        PutRequest put = PutRequest.newBuilder().setLease(7).build();
        assertSame(put, meaning.of(put));
    }

    @Test
    void isFoundDeepInside() {
        RangeRequest.Builder range = RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("a"));
        Compare.Builder compare = Compare.newBuilder().setModRevision(Symbol.LATEST.plus(0));
        TxnRequest.Builder inner =
                TxnRequest.newBuilder().addSuccess(RequestOp.newBuilder().setRequestRange(range));
        TxnRequest txn = TxnRequest.newBuilder()
                .addCompare(compare)
                .addFailure(RequestOp.newBuilder()
                        .setRequestTxn(inner.clone()
                                .addSuccess(RequestOp.newBuilder()
                                        .setRequestRange(range.clone().setRevision(Symbol.COMPACTED.plus(0))))))
                .build();

        TxnRequest meant = meaning.of(txn);

        assertEquals(50, meant.getCompare(0).getModRevision());
        TxnRequest nested = meant.getFailure(0).getRequestTxn();
        assertEquals(0, nested.getSuccess(0).getRequestRange().getRevision());
        assertEquals(10, nested.getSuccess(1).getRequestRange().getRevision());
    }
}
