package io.metastore.server.tls;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jboss.logging.Logger;

/// A certificate that the server makes for itself, for trials (`--auto-tls`, `--peer-auto-tls`). It is kept
/// in files, so that clients that were told to trust it may go on doing so after a restart.
///
/// @param key      the setting that asks for it, for messages
/// @param certFile PEM
/// @param keyFile  PEM, for its owner only
public record SelfSigned(String key, Path certFile, Path keyFile) {
    private static final Logger LOG = Logger.getLogger(SelfSigned.class);
    private static final String NAME = "metastore";

    /// Takes the certificate from `folder`, or makes one there when there is none, when it has expired, or
    /// when it is not for all of `hosts`.
    ///
    /// @param key   the setting that asks for it, for messages
    /// @param hosts IP addresses and DNS names
    /// @param years validity of a new one
    public static SelfSigned in(String key, Path folder, List<String> hosts, int years) throws TlsFailure {
        List<String> written = hosts.stream().map(CertificateNames::asWritten).toList();
        SelfSigned files = new SelfSigned(key, folder.resolve("cert.pem"), folder.resolve("key.pem"));
        try {
            if (!files.isUsableFor(written)) {
                Files.createDirectories(folder);
                files.make(written, years);
            }
        } catch (IOException | GeneralSecurityException e) {
            throw new TlsFailure(key, "no certificate can be made in \"" + folder + "\": " + e.getMessage(), e);
        }
        return files;
    }

    /// What shows it.
    public TlsSettings.Own own() {
        return new TlsSettings.Own(new TlsFile(key, certFile), new TlsFile(key, keyFile));
    }

    private boolean isUsableFor(List<String> hosts) throws GeneralSecurityException {
        if (!Files.exists(certFile) || !Files.exists(keyFile)) {
            return false;
        }
        try {
            X509Certificate certificate =
                    Pem.certificates(new TlsFile(key, certFile)).getFirst();
            certificate.checkValidity();
            return CertificateNames.of(certificate).all().containsAll(hosts);
        } catch (TlsFailure | GeneralSecurityException e) {
            LOG.infof("the certificate made for %s is replaced: %s", key, e.getMessage());
            return false;
        }
    }

    private void make(List<String> hosts, int years) throws GeneralSecurityException, IOException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = generator.generateKeyPair();
        Instant now = Instant.now();
        List<byte[]> addresses = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (String host : hosts) {
            if (CertificateNames.isAddress(host)) {
                addresses.add(InetAddress.getByName(host).getAddress());
            } else {
                names.add(host);
            }
        }
        X509Certificate certificate = new CertificateForm(
                        NAME,
                        pair.getPublic(),
                        addresses,
                        names,
                        new BigInteger(127, new SecureRandom()).setBit(0),
                        now.minusSeconds(60),
                        now.atOffset(ZoneOffset.UTC).plus(Period.ofYears(years)).toInstant(),
                        false)
                .signedBy(NAME, pair.getPrivate());
        write(keyFile, pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
        write(certFile, pem("CERTIFICATE", certificate.getEncoded()));
        LOG.infof("a certificate for %s, valid for %d years, was made: %s", hosts, years, certFile);
    }

    static String pem(String label, byte[] der) {
        String data = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + label + "-----\n" + data + "\n-----END " + label + "-----\n";
    }

    /// Never half-written, and never readable for others.
    private static void write(Path file, String text) throws IOException {
        Path draft = file.resolveSibling(file.getFileName() + ".draft");
        Files.deleteIfExists(draft);
        Files.createFile(draft, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(draft, text.getBytes(StandardCharsets.US_ASCII));
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
