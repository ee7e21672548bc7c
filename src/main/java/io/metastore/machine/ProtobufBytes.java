package io.metastore.machine;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.metastore.value.Bytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/// Byte strings of messages and ours, one as the other without copying. Neither kind is ever written to, so both may
/// share an array.
public final class ProtobufBytes {
    private ProtobufBytes() {}

    public static ByteString of(Bytes bytes) {
        return bytes.isEmpty() ? ByteString.EMPTY : UnsafeByteOperations.unsafeWrap(bytes.array());
    }

    /// Copies only what does not have an array to itself: a part of a larger one, or a chain of several.
    public static Bytes of(ByteString string) {
        if (string.isEmpty()) {
            return Bytes.EMPTY;
        }
        Backing backing = new Backing();
        try {
            UnsafeByteOperations.unsafeWriteTo(string, backing);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Bytes.wrap(backing.is(string.size()) ? backing.array : string.toByteArray());
    }

    /// Takes note of the array that a byte string shows, instead of copying from it.
    private static final class Backing extends ByteOutput {
        private byte[] array;

        private boolean is(int size) {
            return array != null && array.length == size;
        }

        @Override
        public void writeLazy(byte[] value, int offset, int length) {
            // A piece of a chain is shorter than the whole.
            array = offset == 0 && length == value.length ? value : null;
        }

        @Override
        public void write(byte[] value, int offset, int length) {
            array = null;
        }

        @Override
        public void writeLazy(ByteBuffer value) {
            array = null;
        }

        @Override
        public void write(ByteBuffer value) {
            array = null;
        }

        @Override
        public void write(byte value) {
            array = null;
        }
    }
}
