package io.metastore.api.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.ResponseHeader;
import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class JsonMessagesTest {
    private static Message read(Message prototype, String json) throws Exception {
        return JsonMessages.read(prototype, json.getBytes(StandardCharsets.UTF_8));
    }

    private static String written(Message message) {
        return new String(JsonMessages.write(message), StandardCharsets.UTF_8);
    }

    private static void malformed(Message prototype, String json) {
        String begin = json.substring(0, Math.min(60, json.length()));
        String text = assertThrows(JsonMessages.Malformed.class, () -> read(prototype, json), begin)
                .getMessage();
        assertTrue(text.length() > 5 && text.length() < 500, text);
    }

    @Test
    void fieldsHaveEtcdsNamesAndForms() throws Exception {
        assertEquals(
                "{\"header\":{\"cluster_id\":\"18446744073709551615\",\"revision\":\"-1\"},\"dbSize\":\"7\"}",
                written(StatusResponse.newBuilder()
                        .setHeader(ResponseHeader.newBuilder().setClusterId(-1).setRevision(-1))
                        .setDbSize(7)
                        .build()));
        assertEquals(
                "{\"key\":\"//8=\",\"sort_order\":\"DESCEND\"}",
                written(RangeRequest.newBuilder()
                        .setKey(ByteString.copyFrom(new byte[] {-1, -1}))
                        .setSortOrder(RangeRequest.SortOrder.DESCEND)
                        .build()));
        assertEquals("{}", written(PutRequest.getDefaultInstance()));
        assertArrayEquals(
                "{\"result\":{\"revision\":\"7\"}}\n".getBytes(StandardCharsets.UTF_8),
                JsonMessages.line(
                        "result", ResponseHeader.newBuilder().setRevision(7).build()));
    }

    @Test
    void severalFormsAreRead() throws Exception {
        RangeRequest wanted = RangeRequest.newBuilder()
                .setKey(ByteString.copyFrom(new byte[] {-1, -1}))
                .setRangeEnd(ByteString.copyFrom(new byte[] {0}))
                .setLimit(Long.MAX_VALUE)
                .build();
        Message none = RangeRequest.getDefaultInstance();
        assertEquals(wanted, read(none, "{\"key\":\"//8=\",\"range_end\":\"AA==\",\"limit\":\"9223372036854775807\"}"));
        assertEquals(wanted, read(none, "{\"key\":\"__8\",\"rangeEnd\":\"AA\",\"limit\":9223372036854775807}"));
        assertEquals(
                wanted,
                read(
                        none,
                        "{\"x\":{\"y\":[1,{}]},\"key\":\"__8=\",\"rangeEnd\":\"AA\",\"limit\":9223372036854775807}"));
        assertEquals(none, read(none, ""));
        assertEquals(none, read(none, "{}"));
        assertEquals(none, read(none, "{} {\"limit\":1}"), "the first is the request, as in etcd");
    }

    @Test
    void whatIsNoMessageIsRefused() {
        Message range = RangeRequest.getDefaultInstance();
        for (String json : new String[] {
            "{",
            "[]",
            "7",
            "\"x\"",
            "{\"key\":7}",
            "{\"key\":\"%\"}",
            "{\"limit\":9223372036854775808}",
            "{\"limit\":1.5}",
            "{\"serializable\":\"maybe\"}",
            "{\"key\":\"YQ==\"",
            "\u0000"
        }) {
            malformed(range, json);
        }
        assertThrows(
                JsonMessages.Malformed.class, () -> JsonMessages.read(range, new byte[] {'{', '"', (byte) 0xff, '"'}));
    }

    /// Neither depth nor length reaches the stack or takes more than the text itself.
    @Test
    void depthAndLengthAreBounded() {
        Message txn = TxnRequest.getDefaultInstance();
        malformed(txn, "{\"success\":[{\"request_txn\":".repeat(10_000));
        malformed(txn, "{\"success\":[{\"request_txn\":".repeat(10_000) + "{}" + "}]}".repeat(10_000));
        malformed(txn, "{\"x\":" + "[".repeat(1_000_000));
        malformed(txn, "{\"x\":" + "{\"y\":".repeat(1_000_000));
        Message range = RangeRequest.getDefaultInstance();
        malformed(range, "{\"limit\":" + "9".repeat(10_000_000) + "}");
        malformed(range, "{\"limit\":\"" + "9".repeat(10_000_000) + "\"}");
        malformed(range, "{\"limit\":-" + "9".repeat(65) + "}");
        malformed(range, "{\"limit\":1e999999999}");
    }

    /// Garbage ends in a refusal and in nothing else.
    @Test
    void garbageIsRefusedOrRead() throws Exception {
        Random random = new Random(90_210);
        byte[] seed = ("{\"compare\":[{\"key\":\"YQ==\",\"target\":\"VALUE\",\"value\":\"YQ==\"}],"
                        + "\"success\":[{\"request_put\":{\"key\":\"YQ==\",\"lease\":\"1\",\"prev_kv\":true}}]}")
                .getBytes(StandardCharsets.UTF_8);
        int read = 0;
        for (int i = 0; i < 100_000; i++) {
            byte[] json = seed.clone();
            for (int j = random.nextInt(4); j >= 0; j--) {
                json[random.nextInt(json.length)] = (byte) random.nextInt(random.nextBoolean() ? 128 : 256);
            }
            try {
                assertTrue(
                        JsonMessages.read(TxnRequest.getDefaultInstance(), json).isInitialized());
                read++;
            } catch (JsonMessages.Malformed refused) {
                assertTrue(refused.getMessage() != null && refused.getMessage().length() < 1_000);
            }
        }
        assertTrue(read > 1_000 && read < 90_000, "read " + read);
    }
}
