package io.metastore.bench;

import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/// A reply that is counted and not decoded: only its length matters to the driver.
///
/// @param bytes length of the encoded message
record Skipped(long bytes) {
    /// Empty replies and replies of a usual length need no object of their own.
    private static final Skipped NOTHING = new Skipped(0);

    static <Q, A> MethodDescriptor<Q, Skipped> replyOf(MethodDescriptor<Q, A> method) {
        return method.toBuilder(method.getRequestMarshaller(), new Reader()).build();
    }

    private static final class Reader implements MethodDescriptor.Marshaller<Skipped> {
        @Override
        public InputStream stream(Skipped value) {
            throw new UnsupportedOperationException("replies are only read");
        }

        @Override
        public Skipped parse(InputStream stream) {
            try {
                long bytes = 0;
                for (int available = stream.available(); available > 0; available = stream.available()) {
                    bytes += stream.skip(available);
                }
                return bytes == 0 ? NOTHING : new Skipped(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
