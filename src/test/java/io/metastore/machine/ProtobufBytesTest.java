package io.metastore.machine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.metastore.value.Bytes;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ProtobufBytesTest {
    private static ByteString random(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return ByteString.copyFrom(bytes);
    }

    private static void assertConverts(ByteString string) {
        assertArrayEquals(string.toByteArray(), ProtobufBytes.of(string).array());
    }

    @Test
    void sharesAnArrayBothWays() {
        Bytes bytes = Bytes.utf8("value");
        ByteString string = ProtobufBytes.of(bytes);
        assertEquals(ByteString.copyFromUtf8("value"), string);
        assertSame(bytes.array(), ProtobufBytes.of(string).array());
    }

    @Test
    void emptyIsEmpty() {
        assertSame(Bytes.EMPTY, ProtobufBytes.of(ByteString.EMPTY));
        assertSame(ByteString.EMPTY, ProtobufBytes.of(Bytes.EMPTY));
    }

    @Test
    void copiesAPart() {
        ByteString whole = random(1, 100);
        assertConverts(whole.substring(0, 60));
        assertConverts(whole.substring(40, 100));
        assertConverts(whole.substring(20, 80));
        byte[] first = ProtobufBytes.of(whole).array();
        assertNotSame(first, ProtobufBytes.of(whole.substring(0, 99)).array());
    }

    /// Chains of pieces, some of them parts of arrays that are as long as the chain.
    @Test
    void copiesAChain() {
        ByteString array = random(2, 1000);
        assertConverts(random(3, 400).concat(random(4, 600)));
        assertConverts(random(5, 400).concat(array.substring(0, 600)));
        assertConverts(array.substring(0, 600).concat(random(6, 400)));
        assertConverts(array.substring(400, 1000).concat(array.substring(0, 400)));
    }

    @Test
    void copiesFromABuffer() {
        ByteBuffer direct = ByteBuffer.allocateDirect(300);
        new Random(7).ints(300).forEach(next -> direct.put((byte) next));
        assertConverts(UnsafeByteOperations.unsafeWrap(direct.flip()));
    }
}
