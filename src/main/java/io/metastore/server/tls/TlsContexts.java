package io.metastore.server.tls;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/// Builds the TLS side of a listener from its files, and refuses, by name, what would not work.
final class TlsContexts {
    private static final String CERT = "cert-file";
    private static final String KEY = "key-file";
    private static final String CA = "trusted-ca-file";
    private static final String CRL = "client-crl-file";

    private TlsContexts() {}

    static SslContext load(TlsSettings settings) throws TlsFailure {
        List<X509Certificate> chain = Pem.certificates(CERT, settings.certFile());
        PrivateKey key = PrivateKeys.read(KEY, settings.keyFile());
        checkValid(settings, chain.getFirst());
        checkPair(settings, chain.getFirst(), key);
        List<String> protocols = protocols(settings);
        SslContextBuilder builder = SslContextBuilder.forServer(key, chain.toArray(X509Certificate[]::new))
                .sslProvider(SslProvider.JDK)
                .protocols(protocols)
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        ApplicationProtocolNames.HTTP_2,
                        ApplicationProtocolNames.HTTP_1_1));
        if (!settings.cipherSuites().isEmpty()) {
            builder.ciphers(suites(settings.cipherSuites(), protocols));
        }
        if (settings.clientAuth()) {
            List<X509CRL> revocations = settings.clientCrlFile().isPresent()
                    ? Pem.revocations(CRL, settings.clientCrlFile().get())
                    : List.of();
            builder.clientAuth(ClientAuth.REQUIRE)
                    .trustManager(new ClientTrust(authorities(settings), revocations, settings.allowedHostnames()));
        }
        try {
            return builder.build();
        } catch (SSLException e) {
            throw new TlsFailure(CERT, "\"" + settings.certFile() + "\" cannot be used: " + e.getMessage(), e);
        }
    }

    private static void checkValid(TlsSettings settings, X509Certificate certificate) throws TlsFailure {
        try {
            certificate.checkValidity();
        } catch (CertificateExpiredException e) {
            throw new TlsFailure(
                    CERT, "\"" + settings.certFile() + "\" has expired at " + certificate.getNotAfter().toInstant(), e);
        } catch (CertificateNotYetValidException e) {
            throw new TlsFailure(
                    CERT,
                    "\"" + settings.certFile() + "\" is not valid before "
                            + certificate.getNotBefore().toInstant(),
                    e);
        }
    }

    /// A signature with the key must hold under the certificate.
    private static void checkPair(TlsSettings settings, X509Certificate certificate, PrivateKey key) throws TlsFailure {
        PublicKey publicKey = certificate.getPublicKey();
        String algorithm =
                switch (key.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> key.getAlgorithm();
                };
        byte[] message = "pair".getBytes(StandardCharsets.US_ASCII);
        boolean fits;
        try {
            Signature signing = Signature.getInstance(algorithm);
            signing.initSign(key);
            signing.update(message);
            byte[] signature = signing.sign();
            Signature verifying = Signature.getInstance(algorithm);
            verifying.initVerify(publicKey);
            verifying.update(message);
            fits = verifying.verify(signature);
        } catch (GeneralSecurityException _) {
            fits = false; // a key of another kind or size than the certificate's
        }
        if (!fits) {
            throw new TlsFailure(
                    KEY, "\"" + settings.keyFile() + "\" is not the key of cert-file \"" + settings.certFile() + "\"");
        }
    }

    private static List<String> protocols(TlsSettings settings) {
        List<String> all = List.of("TLS1.2", "TLS1.3");
        int from = all.indexOf(settings.minVersion());
        int to = settings.maxVersion().map(all::indexOf).orElse(all.size() - 1);
        return all.subList(from, to + 1).stream()
                .map(version -> version.replace("TLS", "TLSv"))
                .toList();
    }

    private static List<String> suites(List<String> names, List<String> protocols) throws TlsFailure {
        try {
            Set<String> known = Set.of(SSLContext.getDefault().getSupportedSSLParameters().getCipherSuites());
            List<String> suites = new ArrayList<>();
            for (String name : names) {
                // Two of Go's older names leave out the hash.
                String iana = name.endsWith("_CHACHA20_POLY1305") ? name + "_SHA256" : name;
                if (!known.contains(iana)) {
                    throw new TlsFailure("cipher-suites", "\"" + name + "\" is not known here, or not safe any more");
                }
                suites.add(iana);
            }
            if (protocols.contains("TLSv1.3")) {
                // TLS 1.3 has suites of its own, which are all good and not chosen by this setting.
                Arrays.stream(SSLContext.getDefault().getDefaultSSLParameters().getCipherSuites())
                        .filter(name -> !name.contains("_WITH_") && !suites.contains(name) && name.startsWith("TLS_"))
                        .filter(name -> !name.endsWith("_SCSV"))
                        .forEach(suites::add);
            }
            return suites;
        } catch (GeneralSecurityException e) {
            throw new TlsFailure("cipher-suites", "the runtime has no TLS: " + e.getMessage(), e);
        }
    }

    private static X509ExtendedTrustManager authorities(TlsSettings settings) throws TlsFailure {
        try {
            KeyStore store = null;
            if (settings.trustedCaFile().isPresent()) {
                store = KeyStore.getInstance(KeyStore.getDefaultType());
                store.load(null, null);
                int number = 0;
                for (X509Certificate authority : Pem.certificates(CA, settings.trustedCaFile().get())) {
                    store.setCertificateEntry("authority" + number++, authority);
                }
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509ExtendedTrustManager trust) {
                    return trust;
                }
            }
            throw new TlsFailure(CA, "the runtime cannot judge certificates");
        } catch (TlsFailure failure) {
            throw failure;
        } catch (GeneralSecurityException | IOException e) {
            throw new TlsFailure(CA, "cannot be used: " + e.getMessage(), e);
        }
    }
}
