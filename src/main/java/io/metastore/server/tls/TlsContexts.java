package io.metastore.server.tls;

import io.grpc.netty.GrpcSslContexts;
import io.metastore.server.tls.CertificateTrust.HostRule;
import io.metastore.server.tls.TlsSettings.Own;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
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
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/// Builds the two sides of TLS from their files, and refuses, by name, what would not work.
final class TlsContexts {
    /// How long a session can be resumed where certificates are checked: a resumed one checks none, and would let in
    /// one
    /// that has run out since, for a day by Java's default.
    private static final long RESUMED_SECONDS = 1;

    static {
        // Tickets, which Java gives out else, can be used for days whatever the time limit.
        System.setProperty("jdk.tls.server.enableSessionTicketExtension", "false");
    }

    private TlsContexts() {}

    /// For listeners: speaks HTTP/2 and HTTP/1.1. The settings must have a certificate to show.
    static SslContext server(TlsSettings settings, Refusals refusals) throws TlsFailure {
        Shown shown = shown(settings.own().orElseThrow());
        SslContextBuilder builder = SslContextBuilder.forServer(shown.key(), shown.array())
                .sslProvider(SslProvider.JDK)
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        ApplicationProtocolNames.HTTP_2,
                        ApplicationProtocolNames.HTTP_1_1));
        if (settings.verified()) {
            builder.clientAuth(ClientAuth.REQUIRE)
                    .trustManager(
                            trust(settings, settings.originVerified() ? HostRule.ORIGIN : HostRule.NONE, refusals));
        }
        return built(settings, builder);
    }

    /// For those who dial: speaks HTTP/2, as gRPC wants it.
    static SslContext client(TlsSettings settings, Refusals refusals) throws TlsFailure {
        SslContextBuilder builder = GrpcSslContexts.configure(SslContextBuilder.forClient(), SslProvider.JDK);
        if (settings.own().isPresent()) {
            Shown shown = shown(settings.own().get());
            builder.keyManager(new OnlyKey(shown.key(), shown.chain()));
        }
        if (settings.verified()) {
            builder.trustManager(trust(settings, HostRule.DIALED, refusals));
        } else {
            builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
        }
        return built(settings, builder);
    }

    private static SslContext built(TlsSettings settings, SslContextBuilder builder) throws TlsFailure {
        List<String> protocols = protocols(settings);
        builder.protocols(protocols);
        if (settings.verified()) {
            builder.sessionTimeout(RESUMED_SECONDS);
        }
        if (!settings.cipherSuites().isEmpty()) {
            builder.ciphers(suites(settings.cipherSuites(), protocols));
        }
        try {
            return builder.build();
        } catch (SSLException e) {
            throw settings.own()
                    .map(own -> own.cert().refused("cannot be used: " + e.getMessage(), e))
                    .orElseGet(() -> new TlsFailure("TLS", "cannot be used: " + e.getMessage(), e));
        }
    }

    /// A certificate with its chain, and its key.
    private record Shown(PrivateKey key, List<X509Certificate> chain) {
        X509Certificate[] array() {
            return chain.toArray(X509Certificate[]::new);
        }
    }

    private static Shown shown(Own own) throws TlsFailure {
        List<X509Certificate> chain = Pem.certificates(own.cert());
        PrivateKey key = PrivateKeys.read(own.key());
        checkValid(own.cert(), chain.getFirst());
        checkPair(own, chain.getFirst(), key);
        return new Shown(key, chain);
    }

    private static CertificateTrust trust(TlsSettings settings, HostRule rule, Refusals refusals) throws TlsFailure {
        List<X509CRL> revocations =
                settings.crl().isPresent() ? Pem.revocations(settings.crl().get()) : List.of();
        return new CertificateTrust(authorities(settings.trustedCa()), revocations, settings, rule, refusals);
    }

    private static void checkValid(TlsFile file, X509Certificate certificate) throws TlsFailure {
        try {
            certificate.checkValidity();
        } catch (CertificateExpiredException e) {
            throw file.refused("has expired at " + certificate.getNotAfter().toInstant(), e);
        } catch (CertificateNotYetValidException e) {
            throw file.refused(
                    "is not valid before " + certificate.getNotBefore().toInstant(), e);
        }
    }

    /// A signature with the key must hold under the certificate.
    private static void checkPair(Own own, X509Certificate certificate, PrivateKey key) throws TlsFailure {
        PublicKey publicKey = certificate.getPublicKey();
        String algorithm = switch (key.getAlgorithm()) {
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
            throw own.key()
                    .refused(
                            "is not the key of " + own.cert().key() + " \""
                                    + own.cert().path() + "\"",
                            null);
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
            Set<String> known =
                    Set.of(SSLContext.getDefault().getSupportedSSLParameters().getCipherSuites());
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

    private static X509ExtendedTrustManager authorities(Optional<TlsFile> trustedCa) throws TlsFailure {
        try {
            KeyStore store = null;
            if (trustedCa.isPresent()) {
                store = KeyStore.getInstance(KeyStore.getDefaultType());
                store.load(null, null);
                int number = 0;
                for (X509Certificate authority : Pem.certificates(trustedCa.get())) {
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
            throw new TlsFailure("TLS", "the runtime cannot judge certificates");
        } catch (TlsFailure failure) {
            throw failure;
        } catch (GeneralSecurityException | IOException e) {
            throw trustedCa
                    .map(file -> file.refused("cannot be used: " + e.getMessage(), e))
                    .orElseGet(() -> new TlsFailure("TLS", "the system's authorities: " + e.getMessage(), e));
        }
    }
}
