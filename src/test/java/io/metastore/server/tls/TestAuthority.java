package io.metastore.server.tls;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/// An authority for tests, with the certificates and lists that it signs, as files.
public final class TestAuthority {
    private static final AtomicLong SERIALS = new AtomicLong(1);

    private static final List<byte[]> THIS_MACHINE =
            List.of(InetAddress.getLoopbackAddress().getAddress());

    private final Path folder;
    private final String name;
    private final KeyPair pair = pair();
    public final Path certFile;

    /// A certificate and its key.
    public record Issued(Path certFile, Path keyFile, X509Certificate certificate, KeyPair pair) {}

    public TestAuthority(Path folder, String name) throws IOException {
        this.folder = folder;
        this.name = name;
        X509Certificate own =
                certificate(name, pair, Instant.now().plus(Duration.ofDays(1)), THIS_MACHINE, List.of(), true);
        certFile = write(name + "-ca.pem", SelfSigned.pem("CERTIFICATE", encoded(own)));
    }

    static KeyPair pair() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private X509Certificate certificate(
            String subject, KeyPair of, Instant until, List<byte[]> addresses, List<String> hosts, boolean authority) {
        try {
            return new CertificateForm(
                            subject,
                            of.getPublic(),
                            addresses,
                            hosts,
                            BigInteger.valueOf(SERIALS.getAndIncrement()),
                            until.minus(Duration.ofDays(3)),
                            until,
                            authority)
                    .signedBy(name, pair.getPrivate());
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] encoded(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /// A certificate for this machine and the host `subject.test`.
    public Issued issue(String subject) {
        return issue(subject, Instant.now().plus(Duration.ofDays(1)));
    }

    public Issued issue(String subject, Instant until) {
        return issue(subject, until, THIS_MACHINE, List.of(subject + ".test", "localhost"));
    }

    /// A certificate for other addresses and hosts.
    public Issued issue(String subject, List<byte[]> addresses, List<String> hosts) {
        return issue(subject, Instant.now().plus(Duration.ofDays(1)), addresses, hosts);
    }

    private Issued issue(String subject, Instant until, List<byte[]> addresses, List<String> hosts) {
        KeyPair of = pair();
        X509Certificate certificate = certificate(subject, of, until, addresses, hosts, false);
        return new Issued(
                write(subject + ".pem", SelfSigned.pem("CERTIFICATE", encoded(certificate))),
                write(
                        subject + "-key.pem",
                        SelfSigned.pem("PRIVATE KEY", of.getPrivate().getEncoded())),
                certificate,
                of);
    }

    /// A list of revoked certificates.
    public Path revoke(Issued... revoked) throws GeneralSecurityException {
        List<byte[]> entries = new ArrayList<>();
        for (Issued one : revoked) {
            entries.add(Der.sequence(
                    Der.value(Der.INTEGER, one.certificate().getSerialNumber().toByteArray()),
                    CertificateForm.time(Instant.now())));
        }
        byte[] form = Der.sequence(
                Der.value(Der.INTEGER, new byte[] {1}),
                CertificateForm.ECDSA_SHA256,
                CertificateForm.name(name),
                CertificateForm.time(Instant.now()),
                CertificateForm.time(Instant.now().plus(Duration.ofDays(1))),
                Der.sequence(entries.toArray(byte[][]::new)));
        return write(name + "-crl.pem", SelfSigned.pem("X509 CRL", CertificateForm.signed(form, pair.getPrivate())));
    }

    private Path write(String file, String text) {
        try {
            return Files.writeString(folder.resolve(file), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
