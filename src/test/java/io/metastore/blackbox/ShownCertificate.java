package io.metastore.blackbox;

import io.metastore.Eventually;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/// What a port on loopback shows to whoever connects. Comes without a certificate of its own: with TLS 1.3 the one who
/// listens has shown its own before it misses that.
public final class ShownCertificate {
    private ShownCertificate() {}

    /// Waits until a port shows this certificate.
    public static void await(int port, X509Certificate expected) {
        Eventually.holds(
                "port " + port + " shows the certificate with number " + expected.getSerialNumber(),
                Duration.ofSeconds(30),
                () -> serial(port).equals(expected.getSerialNumber()));
    }

    private static BigInteger serial(int port) {
        try {
            SSLContext anyone = SSLContext.getInstance("TLS");
            anyone.init(null, new TrustManager[] {new TrustsAll()}, new SecureRandom());
            try (SSLSocket socket = (SSLSocket) anyone.getSocketFactory().createSocket("127.0.0.1", port)) {
                socket.startHandshake();
                return ((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSerialNumber();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Only looks at what is shown.
    private static final class TrustsAll implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
