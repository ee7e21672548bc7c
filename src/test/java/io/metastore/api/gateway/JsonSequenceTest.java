package io.metastore.api.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.gateway.JsonMessages.Malformed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Messages that come in pieces of any size, and what is none.
class JsonSequenceTest {
    private static final int LIMIT = 10_000;
    private static final int HISTORIES = Integer.getInteger("fuzz.histories", 2_000);
    private static final String PIECES = "{}[]\",:\\ \n01eE+-.abtrufalsenull/\u00e9\u0000";

    private final long seed = Long.getLong("seed", new Random().nextLong(1_000_000));
    private final Random random = new Random(seed);

    private static JsonSequence sequence() {
        return new JsonSequence(PutRequest.getDefaultInstance(), LIMIT);
    }

    private PutRequest request() {
        byte[] key = new byte[random.nextInt(40)];
        random.nextBytes(key);
        return PutRequest.newBuilder()
                .setKey(ByteString.copyFrom(key))
                .setLease(random.nextLong())
                .setPrevKv(random.nextBoolean())
                .build();
    }

    /// Reads `bytes` in pieces of a length that is drawn.
    private List<Message> read(JsonSequence sequence, byte[] bytes) throws Malformed {
        List<Message> messages = new ArrayList<>();
        for (int at = 0; at < bytes.length; ) {
            int end = Math.min(bytes.length, at + 1 + random.nextInt(30));
            messages.addAll(sequence.read(Arrays.copyOfRange(bytes, at, end)));
            at = end;
        }
        return messages;
    }

    @Test
    void whatIsWrittenIsReadHoweverItIsCut() throws Exception {
        for (int i = 0; i < HISTORIES; i++) {
            List<Message> written = new ArrayList<>();
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(6); n > 0; n--) {
                PutRequest request = request();
                written.add(request);
                text.append(JsonFormat.printer().print(request)).append(random.nextBoolean() ? "\n" : "");
            }
            JsonSequence sequence = sequence();
            assertEquals(written, read(sequence, text.toString().getBytes(UTF_8)), "seed " + seed);
            sequence.end();
        }
    }

    /// Whatever comes is a message or is refused with a text, and never anything else.
    @Test
    void garbageIsRefused() throws Exception {
        int refused = 0;
        for (int i = 0; i < HISTORIES; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(60); n > 0; n--) {
                text.append(PIECES.charAt(random.nextInt(PIECES.length())));
            }
            byte[] bytes = text.toString().getBytes(UTF_8);
            JsonSequence sequence = sequence();
            try {
                assertTrue(read(sequence, bytes).size() <= bytes.length / 2, "seed " + seed);
                sequence.end();
            } catch (Malformed malformed) {
                refused++;
                sequence.close();
                assertTrue(malformed.getMessage().length() < 1_000, malformed::getMessage);
            }
        }
        assertTrue(refused > HISTORIES / 2, refused + " of " + HISTORIES + " refused, seed " + seed);
    }

    /// A message, one byte of which is another.
    @Test
    void aChangedByteIsReadOrRefused() throws Exception {
        for (int i = 0; i < HISTORIES; i++) {
            byte[] bytes = JsonFormat.printer().print(request()).getBytes(UTF_8);
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            JsonSequence sequence = sequence();
            try {
                int count = read(sequence, bytes).size();
                sequence.end();
                assertTrue(count <= 2, "seed " + seed);
            } catch (Malformed malformed) {
                assertTrue(malformed.getMessage().length() < 1_000, malformed::getMessage);
                sequence.close();
            }
        }
    }

    @Test
    void aMessageHasAnEndAndALength() throws Exception {
        JsonSequence cut = sequence();
        assertEquals(List.of(), cut.read("{\"key\":\"YQ==\"".getBytes(UTF_8)));
        assertThrows(Malformed.class, cut::end);
        JsonSequence endless = sequence();
        byte[] more = "{\"key\":\"".concat("YWFh".repeat(1_000)).getBytes(UTF_8);
        Malformed said = assertThrows(Malformed.class, () -> {
            for (int i = 0; i < 10; i++) {
                endless.read(more);
            }
        });
        assertTrue(said.getMessage().contains("longer than " + LIMIT), said::getMessage);
    }
}
