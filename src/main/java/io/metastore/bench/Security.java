package io.metastore.bench;

import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.File;
import java.util.Optional;
import javax.net.ssl.SSLException;

/// How connections are secured.
///
/// @param cacert    PEM file with the authorities that the server's certificate may come from; empty for the
///     system's
/// @param cert      PEM file with the client's certificate; empty for none
/// @param key       PEM file with the client's key; empty for none
/// @param insecure  whether any server certificate is good enough
record Security(String cacert, String cert, String key, boolean insecure) {
    static final Security NONE = new Security("", "", "", false);

    boolean asked() {
        return !cacert.isEmpty() || !cert.isEmpty() || insecure;
    }

    /// The context for endpoints that speak TLS, or nothing when neither they nor the flags ask for it.
    Optional<SslContext> context(boolean endpointsWantTls) {
        if (!endpointsWantTls && !asked()) {
            return Optional.empty();
        }
        if (cert.isEmpty() != key.isEmpty()) {
            throw new UsageException("--cert and --key belong together");
        }
        try {
            SslContextBuilder builder = GrpcSslContexts.forClient();
            if (insecure) {
                builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
            } else if (!cacert.isEmpty()) {
                builder.trustManager(readable("cacert", cacert));
            }
            if (!cert.isEmpty()) {
                builder.keyManager(readable("cert", cert), readable("key", key));
            }
            return Optional.of(builder.build());
        } catch (SSLException | IllegalArgumentException e) {
            throw new UsageException("the TLS files cannot be used: " + e.getMessage());
        }
    }

    private static File readable(String flag, String path) {
        File file = new File(path);
        if (!file.canRead()) {
            throw new UsageException("--" + flag + " names '" + path + "', which cannot be read");
        }
        return file;
    }
}
