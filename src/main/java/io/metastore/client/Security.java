package io.metastore.client;

import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.stub.MetadataUtils;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.File;
import java.util.Optional;
import javax.net.ssl.SSLException;

/// How connections are secured, and who calls.
///
/// @param cacert    PEM file with the authorities that the server's certificate may come from; empty for the
///     system's
/// @param cert      PEM file with the client's certificate; empty for none
/// @param key       PEM file with the client's key; empty for none
/// @param insecure  whether any server certificate is good enough
/// @param token     shown with each call; empty for none
public record Security(String cacert, String cert, String key, boolean insecure, String token) {
    public static final Security NONE = new Security("", "", "", false);

    public Security(String cacert, String cert, String key, boolean insecure) {
        this(cacert, cert, key, insecure, "");
    }

    public Security withToken(String shown) {
        return new Security(cacert, cert, key, insecure, shown);
    }

    /// What shows the token with each call, if there is one.
    public Optional<ClientInterceptor> caller() {
        if (token.isEmpty()) {
            return Optional.empty();
        }
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER), token);
        return Optional.of(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    /// Hides the token.
    @Override
    public String toString() {
        return "Security[" + cacert + ", " + cert + ", " + insecure + "]";
    }

    public boolean asked() {
        return !cacert.isEmpty() || !cert.isEmpty() || insecure;
    }

    /// The context for endpoints that speak TLS, or nothing when neither they nor the flags ask for it.
    ///
    /// @throws UsageException naming the file that cannot be used
    public Optional<SslContext> context(boolean endpointsWantTls) {
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
