package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.bytes;
import static io.metastore.blackbox.Requests.createRevision;
import static io.metastore.blackbox.Requests.delete;
import static io.metastore.blackbox.Requests.op;
import static io.metastore.blackbox.Requests.put;
import static io.metastore.blackbox.Requests.range;
import static io.metastore.blackbox.Requests.then;
import static io.metastore.blackbox.Requests.when;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.api.etcd.etcdserverpb.Compare.CompareResult;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.etcdserverpb.RequestOp;
import io.metastore.api.etcd.etcdserverpb.ResponseHeader;
import io.metastore.api.etcd.etcdserverpb.StatusRequest;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.api.etcd.etcdserverpb.TxnResponse;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import io.metastore.api.etcd.etcdserverpb.WatchRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.mvccpb.Event;
import io.metastore.api.etcd.mvccpb.KeyValue;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Txn: what its operations do and answer.
@BlackBox
class TxnIT {

    private static final long UNKNOWN_LEASE = 0x5ca1ab1eL;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Statement({"TXN-01", "TXN-23"})
    void runsOneBranchInOrder(boolean holds, Client client, Keys keys) {
        client.put(keys.key("old"), "1");
        TxnRequest.Builder txn = when(createRevision(
                        keys.key("old"), holds ? CompareResult.GREATER : CompareResult.EQUAL, 0))
                .addSuccess(op(put(keys.key("yes"), "1")))
                .addSuccess(op(range(keys.key("yes"))))
                .addSuccess(op(delete(keys.key("old"))))
                .addFailure(op(delete(keys.key("old"))))
                .addFailure(op(put(keys.key("no"), "1")));

        TxnResponse response = client.txn(txn);

        assertEquals(holds, response.getSucceeded());
        List<String> kinds = response.getResponsesList().stream()
                .map(part -> part.getResponseCase().name())
                .toList();
        assertEquals(
                holds
                        ? List.of("RESPONSE_PUT", "RESPONSE_RANGE", "RESPONSE_DELETE_RANGE")
                        : List.of("RESPONSE_DELETE_RANGE", "RESPONSE_PUT"),
                kinds);
        assertEquals(List.of(holds ? "yes" : "no"), keys.names(client.all(keys)));
    }

    @Test
    @Statement("TXN-17")
    void readsItsOwnWrites(Client client, Keys keys) {
        long before = client.putRevision(keys.key("b"), "old");

        TxnResponse response = client.txn(then(
                op(put(keys.key("a"), "new").setPrevKv(true)),
                op(range(keys)),
                op(delete(keys.key("b")).setPrevKv(true)),
                op(range(keys)),
                op(range(keys).setRevision(before))));

        RangeResponse middle = response.getResponses(1).getResponseRange();
        assertEquals(List.of("a", "b"), keys.names(middle.getKvsList()));
        assertEquals(
                KeyValue.newBuilder()
                        .setKey(keys.key("a"))
                        .setValue(bytes("new"))
                        .setCreateRevision(before + 1)
                        .setModRevision(before + 1)
                        .setVersion(1)
                        .build(),
                middle.getKvs(0));
        assertEquals(before + 1, middle.getHeader().getRevision());
        assertEquals(
                bytes("old"),
                response.getResponses(2).getResponseDeleteRange().getPrevKvs(0).getValue());
        assertEquals(
                List.of("a"),
                keys.names(response.getResponses(3).getResponseRange().getKvsList()));
        assertEquals(
                List.of("b"),
                keys.names(response.getResponses(4).getResponseRange().getKvsList()));
    }

    @Test
    @Statement("TXN-18")
    void checksTheChosenPathBeforeItRunsAnything(Client client, Keys keys) {
        long revision = client.putRevision(keys.key("old"), "1");
        RequestOp write = op(put(keys.key("a"), "1"));

        Refusal.FUTURE_REV.of(() -> client.txn(then(write, op(range(keys).setRevision(revision + 5)))));
        Refusal.LEASE_NOT_FOUND.of(() ->
                client.txn(then(write, op(put(keys.key("b"), "1").setLease(UNKNOWN_LEASE)))));
        Refusal.KEY_NOT_FOUND.of(() ->
                client.txn(then(write, op(put(keys.key("b"), "").setIgnoreValue(true)))));
        Refusal.KEY_NOT_FOUND.of(() ->
                client.txn(then(write, op(put(keys.key("b"), "1").setIgnoreLease(true)))));
        Refusal.FUTURE_REV.of(() -> client.txn(then(op(range(keys).setRevision(revision + 5)))));
        Refusal.LEASE_NOT_FOUND.of(() ->
                client.txn(then(write, op(then(op(put(keys.key("b"), "1").setLease(UNKNOWN_LEASE)))))));

        assertEquals(revision, client.revision());
        assertEquals(List.of("old"), keys.names(client.all(keys)));
        TxnResponse other =
                client.txn(then(write).addFailure(op(put(keys.key("b"), "1").setLease(UNKNOWN_LEASE))));
        assertEquals(revision + 1, other.getHeader().getRevision(), "the branch that does not run is not checked so");
    }

    @Test
    @OwnMember
    @Statement({"TXN-18", "TXN-20"})
    void checksRevisionsAgainstTheCompaction(Client client, Keys keys) {
        client.put(keys.key("a"), "1");
        long second = client.putRevision(keys.key("a"), "2");
        client.put(keys.key("a"), "3");
        RequestOp negative = op(range(keys).setRevision(-1));
        assertEquals(
                bytes("3"),
                client.txn(then(negative))
                        .getResponses(0)
                        .getResponseRange()
                        .getKvs(0)
                        .getValue());
        client.kv().compact(Requests.compaction(second));
        long revision = client.revision();

        Refusal.COMPACTED.of(() ->
                client.txn(then(op(put(keys.key("b"), "1")), op(range(keys).setRevision(second - 1)))));
        Refusal.COMPACTED.of(() -> client.txn(then(op(range(keys).setRevision(second - 1)))));
        Refusal.COMPACTED.of(() -> client.txn(then(negative)));
        Refusal.COMPACTED.of(() -> client.txn(then(op(put(keys.key("b"), "1")), negative)));
        assertEquals(revision, client.revision());
        assertEquals(
                bytes("2"),
                client.txn(then(op(range(keys).setRevision(second))))
                        .getResponses(0)
                        .getResponseRange()
                        .getKvs(0)
                        .getValue());
        assertEquals(1, client.range(range(keys).setRevision(-1)).getCount(), "a plain Range takes it for the latest");
    }

    @Test
    @Statement("TXN-19")
    void doesNotCountWhatItCreatesItself(Client client, Keys keys) {
        long revision = client.putRevision(keys.key("old"), "1");

        Refusal.KEY_NOT_FOUND.of(() -> client.txn(then(
                op(then(op(put(keys.key("a"), "1")))), op(put(keys.key("b"), "").setIgnoreValue(true)))));
        Refusal.FUTURE_REV.of(() ->
                client.txn(then(op(put(keys.key("a"), "1")), op(range(keys).setRevision(revision + 1)))));
        assertEquals(revision, client.revision());
    }

    @Test
    @Statement({"TXN-21", "TXN-07"})
    void numbersItsChangesInOrder(Client client, Keys keys) {
        for (String name : List.of("d2", "d1", "d3")) {
            client.put(keys.key(name), "1");
        }
        long revision = client.revision() + 1;

        TxnResponse response = client.txn(then(
                op(put(keys.key("z"), "1")),
                op(delete(keys.key("d1"), keys.key("d9"))),
                op(then(op(put(keys.key("m"), "1")))),
                op(put(keys.key("a"), "1"))));
        List<Event> events = new ArrayList<>();
        try (Duplex<WatchRequest, WatchResponse> watch = Duplex.open(client.watch()::watch)) {
            watch.send(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder()
                            .setKey(keys.prefix())
                            .setRangeEnd(keys.end())
                            .setStartRevision(revision))
                    .build());
            while (events.size() < 6) {
                events.addAll(watch.next().getEventsList());
            }
        }

        assertEquals(revision, response.getHeader().getRevision());
        assertEquals(
                List.of("z", "d1", "d2", "d3", "m", "a"),
                keys.names(events.stream().map(Event::getKv).toList()));
        assertTrue(events.stream().allMatch(event -> event.getKv().getModRevision() == revision));
    }

    @Test
    @Statement("TXN-22")
    void keepsTheRevisionWhenItChangesNothing(Client client, Keys keys) {
        long revision = client.putRevision(keys.key("a"), "1");

        for (TxnRequest.Builder txn : List.of(
                TxnRequest.newBuilder(),
                then(op(range(keys))),
                then(op(delete(keys.key("missing")))),
                then(op(then(op(delete(keys.key("missing")))))),
                then(op(TxnRequest.newBuilder())))) {
            assertEquals(revision, client.txn(txn).getHeader().getRevision());
        }
        assertEquals(revision, client.revision());
    }

    @Test
    @Statement({"TXN-24", "GEN-10", "TXN-23"})
    void fillsOnlyRevisionsIntoNestedHeaders(Client client, Keys keys) {
        long before = client.putRevision(keys.key("d"), "1");

        TxnResponse response = client.txn(then(
                op(put(keys.key("a"), "1")),
                op(delete(keys.key("d"))),
                op(delete(keys.key("missing"))),
                op(range(keys)),
                op(then(op(put(keys.key("b"), "1")), op(range(keys))))));

        ResponseHeader written =
                ResponseHeader.newBuilder().setRevision(before + 1).build();
        assertEquals(before + 1, response.getHeader().getRevision());
        assertTrue(response.getHeader().getMemberId() != 0);
        assertEquals(written, response.getResponses(0).getResponsePut().getHeader());
        assertEquals(written, response.getResponses(1).getResponseDeleteRange().getHeader());
        assertEquals(written, response.getResponses(2).getResponseDeleteRange().getHeader());
        assertEquals(written, response.getResponses(3).getResponseRange().getHeader());
        TxnResponse nested = response.getResponses(4).getResponseTxn();
        assertTrue(nested.hasHeader());
        assertEquals(ResponseHeader.getDefaultInstance(), nested.getHeader());
        assertTrue(nested.getSucceeded());
        assertEquals(written, nested.getResponses(0).getResponsePut().getHeader());
        assertEquals(written, nested.getResponses(1).getResponseRange().getHeader());
    }

    @Test
    @Statement({"TXN-25", "TXN-27"})
    void goesThroughTheLogOnlyToWrite(Client client, Keys keys) {
        client.put(keys.key("a"), "1");
        TxnRequest.Builder reading = when(createRevision(keys.key("a"), CompareResult.EQUAL, 0))
                .addSuccess(op(range(keys)))
                .addFailure(op(range(keys.key("a")).setSerializable(true)));
        TxnRequest.Builder nested = then(op(then(op(range(keys)))));
        int rounds = 20;

        long start = appliedIndex(client);
        for (int i = 0; i < rounds; i++) {
            assertEquals(
                    1, client.txn(reading).getResponses(0).getResponseRange().getCount());
        }
        long afterReads = appliedIndex(client);
        for (int i = 0; i < rounds; i++) {
            assertEquals(1, client.txn(nested).getResponsesCount());
        }
        long afterNested = appliedIndex(client);

        // A member may write an entry of its own now and then.
        assertTrue(afterReads - start < rounds / 2, () -> start + " to " + afterReads);
        assertTrue(afterNested - afterReads >= rounds, () -> afterReads + " to " + afterNested);
    }

    private static long appliedIndex(Client client) {
        return client.maintenance().status(StatusRequest.getDefaultInstance()).getRaftAppliedIndex();
    }

    @Test
    @Statement("TXN-25")
    void readsLatestStateInAReadingTxn(Member member, Keys keys) {
        try (Client other = member.connect()) {
            for (int i = 0; i < 30; i++) {
                long written = member.client().putRevision(keys.key("a"), "v" + i);
                TxnResponse read = other.txn(then(op(range(keys.key("a")))));

                assertEquals(written, read.getHeader().getRevision());
                assertEquals(
                        bytes("v" + i),
                        read.getResponses(0).getResponseRange().getKvs(0).getValue());
            }
        }
    }

    @Test
    void answersConditionsAlone(Client client, Keys keys) {
        long revision = client.putRevision(keys.key("a"), "1");

        TxnResponse response = client.txn(when(createRevision(keys.key("a"), CompareResult.EQUAL, revision)));

        assertTrue(response.getSucceeded());
        assertEquals(0, response.getResponsesCount());
        assertEquals(revision, response.getHeader().getRevision());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Statement("TXN-30")
    void readsWithEveryOptionOfRange(boolean writing, Client client, Keys keys) {
        long first = client.putRevision(keys.key("a"), "3");
        client.put(keys.key("b"), "2");
        long third = client.putRevision(keys.key("c"), "1");
        List<RangeRequest.Builder> requests = List.of(
                range(keys).setLimit(2),
                range(keys).setSortOrder(RangeRequest.SortOrder.DESCEND).setLimit(1),
                range(keys).setSortTarget(RangeRequest.SortTarget.VALUE).setSortOrder(RangeRequest.SortOrder.ASCEND),
                range(keys).setCountOnly(true),
                range(keys).setKeysOnly(true),
                range(keys).setMinModRevision(third),
                range(keys).setMaxCreateRevision(first),
                range(keys).setRevision(first),
                range(keys.key("b")));
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        requests.forEach(request -> txn.addSuccess(op(request)));
        if (writing) {
            txn.addSuccess(op(put(keys.end().concat(bytes("outside")), "1")));
        }

        TxnResponse response = client.txn(txn);

        for (int i = 0; i < requests.size(); i++) {
            RangeResponse inner = response.getResponses(i).getResponseRange();
            RangeResponse plain = client.range(requests.get(i));
            assertEquals(
                    plain.toBuilder().clearHeader().build(),
                    inner.toBuilder().clearHeader().build(),
                    requests.get(i)::toString);
        }
    }

    @Test
    void answersReadsOfAWritingTxn(Client client, Keys keys) {
        client.put(keys.key("a"), "1");

        TxnResponse response = client.txn(then(op(put(keys.key("b"), "1")), op(range(keys))));

        assertFalse(response.getResponses(1).getResponseRange().getKvsList().isEmpty());
    }
}
