package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;

class TxnParsingTest {
    /// `transactions` in one another in linear time: the lengths are counted from inside, then written from outside.
    private static byte[] nested(int transactions) throws IOException {
        int fields = 2 * (transactions - 1);
        int[] sizes = new int[fields + 1];
        for (int i = 1; i <= fields; i++) {
            sizes[i] = sizes[i - 1] + 1 + CodedOutputStream.computeUInt32SizeNoTag(sizes[i - 1]);
        }
        byte[] bytes = new byte[sizes[fields]];
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        for (int i = fields; i > 0; i--) {
            out.writeTag(i % 2 == 0 ? 2 : 4, 2);
            out.writeUInt32NoTag(sizes[i - 1]);
        }
        out.checkNoSpaceLeft();
        return bytes;
    }

    private static Status refusal(InputStream bytes) {
        return assertThrows(StatusRuntimeException.class, () -> new TxnParsing().parse(bytes))
                .getStatus();
    }

    @Test
    void countsLevelsWithoutAStack() throws IOException {
        for (int transactions : new int[] {1, 2, 50, 5000, 300_000}) {
            assertEquals(2 * transactions - 1, TxnParsing.levels(CodedInputStream.newInstance(nested(transactions))));
        }
    }

    @Test
    void tellsWhyThereIsNoRequest() throws IOException {
        assertEquals(
                1, new TxnParsing().parse(new ByteArrayInputStream(nested(130))).getSuccessCount());
        assertEquals(
                Status.Code.INVALID_ARGUMENT,
                refusal(new ByteArrayInputStream(nested(1000))).getCode());
        assertEquals(
                Status.Code.INTERNAL,
                refusal(new ByteArrayInputStream(nested(300_000))).getCode());
        byte[] cut = java.util.Arrays.copyOf(nested(1000), 1000);
        assertEquals(
                Status.Code.INTERNAL, refusal(new ByteArrayInputStream(cut)).getCode());
        assertEquals(
                Status.Code.INTERNAL,
                refusal(new ByteArrayInputStream(new byte[] {-1, -1})).getCode());
    }
}
