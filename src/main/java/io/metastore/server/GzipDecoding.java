package io.metastore.server;

import io.grpc.Codec;
import io.grpc.Decompressor;
import io.grpc.DecompressorRegistry;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;

/// Unpacks compressed requests. Ends a call whose bytes do not even begin as gzip does with INTERNAL, as etcd does:
/// grpc-java's own decompressor takes that for an error of the program, and its client hears UNKNOWN.
final class GzipDecoding implements Decompressor {
    private GzipDecoding() {}

    /// What a member unpacks; calls in other encodings are UNIMPLEMENTED.
    static DecompressorRegistry registry() {
        return DecompressorRegistry.emptyInstance()
                .with(Codec.Identity.NONE, false)
                .with(new GzipDecoding(), true);
    }

    @Override
    public String getMessageEncoding() {
        return "gzip";
    }

    @Override
    public InputStream decompress(InputStream packed) {
        try {
            return new GZIPInputStream(packed);
        } catch (IOException e) {
            throw Status.INTERNAL
                    .withDescription("grpc: failed to decompress the message: "
                            + (e.getMessage() == null ? "it ends too early" : e.getMessage()))
                    .withCause(e)
                    .asRuntimeException();
        }
    }
}
