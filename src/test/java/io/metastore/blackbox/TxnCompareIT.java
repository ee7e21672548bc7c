package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.bytes;
import static io.metastore.blackbox.Requests.createRevision;
import static io.metastore.blackbox.Requests.lease;
import static io.metastore.blackbox.Requests.modRevision;
import static io.metastore.blackbox.Requests.op;
import static io.metastore.blackbox.Requests.put;
import static io.metastore.blackbox.Requests.then;
import static io.metastore.blackbox.Requests.value;
import static io.metastore.blackbox.Requests.version;
import static io.metastore.blackbox.Requests.when;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.Compare;
import io.metastore.api.etcd.etcdserverpb.Compare.CompareResult;
import io.metastore.api.etcd.etcdserverpb.Compare.CompareTarget;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Txn: when its conditions hold.
@BlackBox
class TxnCompareIT {

    @ParameterizedTest
    @CsvSource({
        "EQUAL,-1,false", "EQUAL,0,true", "EQUAL,1,false",
        "NOT_EQUAL,-1,true", "NOT_EQUAL,0,false", "NOT_EQUAL,1,true",
        "GREATER,-1,true", "GREATER,0,false", "GREATER,1,false",
        "LESS,-1,false", "LESS,0,false", "LESS,1,true"
    })
    @Statement("TXN-14")
    void relatesStoredToGiven(CompareResult result, long offset, boolean expected, Client client, Keys keys) {
        ByteString key = keys.key("a");
        long lease = client.grant(600);
        client.put(key, "1");
        client.kv().put(put(key, "m").setLease(lease).build());
        var stored = client.get(key).orElseThrow();
        String text = offset < 0 ? "lzz" : offset == 0 ? "m" : "m\0";

        assertEquals(expected, holds(client, version(key, result, stored.getVersion() + offset)));
        assertEquals(expected, holds(client, createRevision(key, result, stored.getCreateRevision() + offset)));
        assertEquals(expected, holds(client, modRevision(key, result, stored.getModRevision() + offset)));
        assertEquals(expected, holds(client, lease(key, result, lease + offset)));
        assertEquals(expected, holds(client, value(key, result, text)));
    }

    @Test
    @Statement("TXN-14")
    void comparesValuesAsUnsignedBytes(Client client, Keys keys) {
        ByteString high = ByteString.copyFrom(new byte[] {(byte) 0x80});
        client.kv().put(put(keys.key("a"), "").setValue(high).build());

        assertTrue(holds(client, value(keys.key("a"), CompareResult.GREATER, bytes("\u007f"))));
        assertTrue(holds(client, value(keys.key("a"), CompareResult.LESS, ByteString.copyFrom(new byte[] {-1}))));
        assertTrue(holds(client, value(keys.key("a"), CompareResult.GREATER, ByteString.EMPTY)));
    }

    @ParameterizedTest
    @EnumSource(
            value = CompareTarget.class,
            names = {"VERSION", "CREATE", "MOD", "LEASE"})
    @Statement("TXN-11")
    void takesZeroForAMissingKey(CompareTarget target, Client client, Keys keys) {
        Compare.Builder zero = Compare.newBuilder().setKey(keys.key("missing")).setTarget(target);

        assertTrue(holds(client, zero.clone().setResult(CompareResult.EQUAL)));
        assertFalse(holds(client, zero.clone().setResult(CompareResult.NOT_EQUAL)));
        assertFalse(holds(client, zero.clone().setResult(CompareResult.GREATER)));
        assertFalse(holds(client, zero.clone().setResult(CompareResult.LESS)));
        assertTrue(holds(client, operand(zero, 1).setResult(CompareResult.LESS)));
        assertTrue(holds(client, operand(zero, -1).setResult(CompareResult.GREATER)));
        assertTrue(holds(client, operand(zero, 1).setResult(CompareResult.NOT_EQUAL)));
        client.put(keys.key("missing"), "1");
        if (target != CompareTarget.LEASE) {
            assertFalse(holds(client, zero.clone().setResult(CompareResult.EQUAL)));
        }
        client.delete(keys.key("missing"));
        assertTrue(holds(client, zero.clone().setResult(CompareResult.EQUAL)), "a deleted key is missing");
    }

    private static Compare.Builder operand(Compare.Builder compare, long operand) {
        return switch (compare.getTarget()) {
            case VERSION -> compare.clone().setVersion(operand);
            case CREATE -> compare.clone().setCreateRevision(operand);
            case MOD -> compare.clone().setModRevision(operand);
            default -> compare.clone().setLease(operand);
        };
    }

    @ParameterizedTest
    @EnumSource(
            value = CompareResult.class,
            names = {"EQUAL", "NOT_EQUAL", "GREATER", "LESS"})
    @Statement("TXN-12")
    void findsNoValueInAMissingKey(CompareResult result, Client client, Keys keys) {
        assertFalse(holds(client, value(keys.key("missing"), result, "")));
        assertFalse(holds(client, value(keys.key("missing"), result, "x")));
        assertFalse(holds(client, value(keys.prefix(), result, "").setRangeEnd(keys.end())));
    }

    @Test
    @Statement({"TXN-13", "TXN-11"})
    void holdsForEveryKeyOfARange(Client client, Keys keys) {
        client.put(keys.key("a"), "x");
        client.put(keys.key("b"), "x");
        client.put(keys.key("b"), "x");
        client.put(keys.key("c"), "y");
        ByteString end = keys.end();

        assertTrue(
                holds(client, version(keys.prefix(), CompareResult.GREATER, 0).setRangeEnd(end)));
        assertFalse(holds(client, version(keys.prefix(), CompareResult.EQUAL, 1).setRangeEnd(end)));
        assertTrue(holds(client, value(keys.prefix(), CompareResult.EQUAL, "x").setRangeEnd(keys.key("c"))));
        assertFalse(holds(client, value(keys.prefix(), CompareResult.EQUAL, "x").setRangeEnd(end)));
        assertFalse(
                holds(client, value(keys.prefix(), CompareResult.NOT_EQUAL, "y").setRangeEnd(end)));
        ByteString none = keys.key("m");
        assertTrue(holds(client, createRevision(none, CompareResult.EQUAL, 0).setRangeEnd(end)));
        assertFalse(holds(client, createRevision(none, CompareResult.GREATER, 0).setRangeEnd(end)));
        assertTrue(holds(
                client, version(keys.key("c"), CompareResult.EQUAL, 1).setRangeEnd(Requests.after(keys.key("c")))));
    }

    @Test
    @Statement("TXN-13")
    void takesOneZeroByteAsOpenEnd(Client client) {
        // Behind every other key of the suite.
        ByteString key = ByteString.copyFrom(new byte[] {(byte) 0xff, 5});
        client.put(key, "x");

        assertTrue(holds(client, value(key, CompareResult.EQUAL, "x").setRangeEnd(Requests.FROM_KEY)));
        assertFalse(holds(client, value(key, CompareResult.EQUAL, "y").setRangeEnd(Requests.FROM_KEY)));
        client.delete(key);
    }

    @Test
    @Statement("TXN-15")
    void takesNothingForAnOperandOfAnotherTarget(Client client, Keys keys) {
        client.put(keys.key("a"), "x");
        Compare.Builder version = Compare.newBuilder()
                .setKey(keys.key("a"))
                .setTarget(CompareTarget.VERSION)
                .setModRevision(1);

        assertFalse(holds(client, version.clone().setResult(CompareResult.EQUAL)), "1 = 0");
        assertTrue(holds(client, version.clone().setResult(CompareResult.GREATER)), "1 > 0");
        Compare.Builder value = Compare.newBuilder()
                .setKey(keys.key("a"))
                .setTarget(CompareTarget.VALUE)
                .setVersion(1);
        assertTrue(holds(client, value.clone().setResult(CompareResult.GREATER)), "x > nothing");
        assertFalse(holds(client, value.clone().setResult(CompareResult.EQUAL)));
    }

    @Test
    @Statement("TXN-15")
    void takesAnUnknownResultForTrue(Client client, Keys keys) {
        client.put(keys.key("a"), "x");

        assertTrue(holds(client, version(keys.key("a"), CompareResult.EQUAL, 99).setResultValue(42)));
        assertTrue(holds(client, version(keys.key("a"), CompareResult.EQUAL, 99).setResultValue(-1)));
        assertFalse(
                holds(
                        client,
                        value(keys.key("missing"), CompareResult.EQUAL, "").setResultValue(42)),
                "a missing value stays false");
    }

    @Test
    @Statement({"TXN-01", "TXN-23"})
    void holdsWhenAllHoldOrNoneIsAsked(Client client, Keys keys) {
        client.put(keys.key("a"), "1");
        client.put(keys.key("b"), "2");
        Compare.Builder yes = value(keys.key("a"), CompareResult.EQUAL, "1");
        Compare.Builder also = value(keys.key("b"), CompareResult.EQUAL, "2");
        Compare.Builder no = value(keys.key("b"), CompareResult.EQUAL, "3");

        assertTrue(holds(client));
        assertTrue(holds(client, yes, also));
        assertFalse(holds(client, yes, no));
        assertFalse(holds(client, no, yes, also));
    }

    @Test
    @Statement("TXN-16")
    void looksAtTheStateBeforeTheTxn(Client client, Keys keys) {
        Compare.Builder exists = version(keys.key("a"), CompareResult.GREATER, 0);
        var nested =
                when(exists).addSuccess(op(put(keys.key("seen"), "1"))).addFailure(op(put(keys.key("unseen"), "1")));

        var response = client.txn(then(
                op(put(keys.key("a"), "1")),
                op(nested),
                op(nested.clone().clearFailure().clearSuccess())));

        assertTrue(response.getSucceeded());
        assertFalse(response.getResponses(1).getResponseTxn().getSucceeded());
        assertFalse(response.getResponses(2).getResponseTxn().getSucceeded());
        assertTrue(client.get(keys.key("unseen")).isPresent());
        assertTrue(client.get(keys.key("seen")).isEmpty());
    }

    private static boolean holds(Client client, Compare.Builder... compares) {
        var response = client.txn(when(compares));
        assertEquals(0, response.getResponsesCount());
        return response.getSucceeded();
    }
}
