package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.FROM_KEY;
import static io.metastore.blackbox.Requests.createRevision;
import static io.metastore.blackbox.Requests.delete;
import static io.metastore.blackbox.Requests.op;
import static io.metastore.blackbox.Requests.put;
import static io.metastore.blackbox.Requests.range;
import static io.metastore.blackbox.Requests.then;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.Compare.CompareResult;
import io.metastore.api.etcd.etcdserverpb.RequestOp;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Txn: what is refused before anything runs.
@BlackBox
class TxnValidationIT {

    @ParameterizedTest
    @CsvSource({"128,0,0,true", "0,128,128,true", "128,128,128,true", "129,0,0,false", "0,129,0,false", "0,0,129,false"
    })
    @Statement({"TXN-02", "LIM-04"})
    void limitsEachList(int compares, int success, int failure, boolean allowed, Client client, Keys keys) {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        IntStream.range(0, compares)
                .forEach(i -> txn.addCompare(createRevision(keys.key("c" + i), CompareResult.EQUAL, 0)));
        IntStream.range(0, success).forEach(i -> txn.addSuccess(op(range(keys.key("s" + i)))));
        IntStream.range(0, failure).forEach(i -> txn.addFailure(op(range(keys.key("f" + i)))));

        if (allowed) {
            assertEquals(success, client.txn(txn).getResponsesCount());
        } else {
            Refusal.TOO_MANY_OPS.of(() -> client.txn(txn));
        }
    }

    @ParameterizedTest
    @CsvSource({"1,127,true", "1,128,false", "100,28,true", "100,29,false", "128,0,true", "128,1,false"})
    @Statement("TXN-03")
    void leavesTheRestOfTheLimitToANestedTxn(int outer, int inner, boolean allowed, Client client, Keys keys) {
        TxnRequest.Builder nested = TxnRequest.newBuilder();
        IntStream.range(0, inner).forEach(i -> nested.addSuccess(op(range(keys.key("n" + i)))));
        TxnRequest.Builder txn = then(op(nested));
        IntStream.range(1, outer).forEach(i -> txn.addSuccess(op(range(keys.key("o" + i)))));

        if (allowed) {
            assertEquals(outer, client.txn(txn).getResponsesCount());
        } else {
            Refusal.TOO_MANY_OPS.of(() -> client.txn(txn));
        }
    }

    @Test
    @OwnMember("--max-txn-ops=3")
    @Statement({"TXN-02", "TXN-03", "LIM-04"})
    void takesTheLimitFromTheFlag(Client client, Keys keys) {
        RequestOp read = op(range(keys.key("a")));

        assertTrue(client.txn(then(read, read, read)).getSucceeded());
        Refusal.TOO_MANY_OPS.of(() -> client.txn(then(read, read, read, read)));
        assertTrue(client.txn(then(op(then(op(then(read)))))).getSucceeded());
        Refusal.TOO_MANY_OPS.of(() -> client.txn(then(op(then(op(then(op(then(read)))))))));
    }

    @Test
    @Statement({"TXN-04", "TXN-05"})
    void refusesAnOperationWithoutARequest(Client client, Keys keys) {
        RequestOp nothing = RequestOp.getDefaultInstance();

        Refusal.KEY_NOT_FOUND.of(() -> client.txn(then(nothing)));
        Refusal.KEY_NOT_FOUND.of(() -> client.txn(then(op(put(keys.key("a"), "1")), nothing)));
        Refusal.KEY_NOT_FOUND.of(() -> client.txn(TxnRequest.newBuilder().addFailure(nothing)));
        Refusal.KEY_NOT_FOUND.of(() -> client.txn(then(op(then(nothing)))));
        assertTrue(client.get(keys.key("a")).isEmpty());
    }

    @Test
    @Statement("TXN-05")
    void validatesTheBranchThatDoesNotRun(Client client, Keys keys) {
        RequestOp bad = op(put(keys.key("a"), "1").setIgnoreValue(true));
        RequestOp good = op(put(keys.key("b"), "1"));

        Refusal.VALUE_PROVIDED.of(() -> client.txn(then(good).addFailure(bad)));
        Refusal.VALUE_PROVIDED.of(
                () -> client.txn(Requests.when(createRevision(keys.key("a"), CompareResult.GREATER, 0))
                        .addSuccess(bad)
                        .addFailure(good)));
        Refusal.DUPLICATE_KEY.of(() ->
                client.txn(then(good).addFailure(op(put(keys.key("c"), "1"))).addFailure(op(put(keys.key("c"), "2")))));
        assertTrue(client.all(keys).isEmpty());
    }

    @Test
    @Statement("TXN-06")
    void refusesToWriteAKeyTwice(Client client, Keys keys) {
        RequestOp write = op(put(keys.key("b"), "1"));
        RequestOp again = op(put(keys.key("b"), "2"));
        RequestOp same = op(delete(keys.key("b")));
        RequestOp around = op(delete(keys.key("a"), keys.key("c")));
        RequestOp upTo = op(delete(keys.key("a"), keys.key("b")));
        RequestOp behind = op(delete(Requests.after(keys.key("b")), keys.key("c")));

        Refusal.DUPLICATE_KEY.of(() -> client.txn(then(write, again)));
        Refusal.DUPLICATE_KEY.of(() -> client.txn(then(write, same)));
        Refusal.DUPLICATE_KEY.of(() -> client.txn(then(same, write)));
        Refusal.DUPLICATE_KEY.of(() -> client.txn(then(write, around)));
        Refusal.DUPLICATE_KEY.of(() -> client.txn(then(around, write)));
        assertEquals(4, client.txn(then(upTo, write, behind, op(range(keys)))).getResponsesCount());
        assertTrue(client.txn(then(write).addFailure(again)).getSucceeded(), "the branches are apart");
    }

    @Test
    @Statement("TXN-07")
    void allowsOverlappingDeletesAndReads(Client client, Keys keys) {
        client.put(keys.key("a"), "1");
        client.put(keys.key("b"), "1");

        var response = client.txn(then(
                op(range(keys)),
                op(delete(keys.key("a"))),
                op(delete(keys.key("a"))),
                op(delete(keys.prefix(), keys.end())),
                op(delete(keys.prefix(), keys.end())),
                op(range(keys))));

        assertEquals(2, response.getResponses(0).getResponseRange().getCount());
        assertEquals(1, response.getResponses(1).getResponseDeleteRange().getDeleted());
        assertEquals(0, response.getResponses(2).getResponseDeleteRange().getDeleted());
        assertEquals(1, response.getResponses(3).getResponseDeleteRange().getDeleted());
        assertEquals(0, response.getResponses(4).getResponseDeleteRange().getDeleted());
        assertEquals(0, response.getResponses(5).getResponseRange().getCount());
    }

    @Test
    @Statement("TXN-08")
    void looksIntoNestedTxns(Client client, Keys keys) {
        RequestOp write = op(put(keys.key("b"), "1"));
        RequestOp remove = op(delete(keys.key("a"), keys.key("c")));
        RequestOp nestedWrite = op(then(write));
        RequestOp nestedRemove = op(then(remove));

        Refusal.DUPLICATE_KEY.of(() -> client.txn(then(write, nestedWrite)));
        Refusal.DUPLICATE_KEY.of(() -> client.txn(then(nestedWrite, write)));
        Refusal.DUPLICATE_KEY.of(() -> client.txn(then(nestedWrite, nestedWrite)));
        Refusal.DUPLICATE_KEY.of(() -> client.txn(then(remove, nestedWrite)));
        Refusal.DUPLICATE_KEY.of(() -> client.txn(then(nestedWrite, remove)));
        Refusal.DUPLICATE_KEY.of(() -> client.txn(then(nestedRemove, write)));
        Refusal.DUPLICATE_KEY.of(
                () -> client.txn(then(op(TxnRequest.newBuilder().addFailure(write)), write)));
        Refusal.DUPLICATE_KEY.of(() -> client.txn(then(op(then(op(then(write)))), write)));
        assertTrue(client.txn(then(op(then(write).addFailure(write)))).getSucceeded());
    }

    @Test
    @Statement("TXN-09")
    void doesNotNoticeAnOpenEndedDelete(Member member, Keys keys) {
        // Behind every other key of the suite.
        ByteString key = ByteString.copyFrom(new byte[] {(byte) 0xff, 9});
        Client client = member.client();

        var response = client.txn(then(op(put(key, "1")), op(delete(key, FROM_KEY))));

        assertEquals(1, response.getResponses(1).getResponseDeleteRange().getDeleted());
        assertTrue(client.get(key).isEmpty());
        assertEquals(response.getHeader().getRevision(), client.revision());
    }

    @Test
    @Statement("TXN-10")
    void checksNumberThenOperationsThenOverlap(Client client, Keys keys) {
        RequestOp duplicate = op(put(keys.key("a"), "1"));
        RequestOp bad = op(put(keys.key("b"), "1").setIgnoreValue(true));
        RequestOp unknownLease = op(put(keys.key("c"), "1").setLease(0x5ca1ab1eL));
        TxnRequest.Builder tooMany = then(duplicate, duplicate, bad);
        IntStream.range(0, 127).forEach(i -> tooMany.addSuccess(bad));

        Refusal.TOO_MANY_OPS.of(() -> client.txn(tooMany));
        Refusal.VALUE_PROVIDED.of(() -> client.txn(then(duplicate, duplicate, bad)));
        Refusal.VALUE_PROVIDED.of(() -> client.txn(then(duplicate, duplicate).addFailure(bad)));
        Refusal.DUPLICATE_KEY.of(() -> client.txn(then(unknownLease, duplicate, duplicate)));
        Refusal.LEASE_NOT_FOUND.of(() -> client.txn(then(unknownLease, duplicate)));
    }
}
