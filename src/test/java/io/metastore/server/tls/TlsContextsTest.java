package io.metastore.server.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files that can and cannot be used, and what is said about them.
class TlsContextsTest {
    @TempDir
    Path folder;

    private TestAuthority authority;
    private TestAuthority.Issued server;

    @BeforeEach
    void issue() throws IOException {
        authority = new TestAuthority(folder, "ca");
        server = authority.issue("server");
    }

    private static TlsSettings settings(Path cert, Path key, List<String> suites) {
        return new TlsSettings(
                Optional.of(new TlsSettings.Own(new TlsFile("cert-file", cert), new TlsFile("key-file", key))),
                false,
                Optional.empty(),
                Optional.empty(),
                TlsSettings.Allowed.ALL,
                false,
                "TLS1.2",
                Optional.empty(),
                suites);
    }

    private static SslContext load(TlsSettings settings) throws TlsFailure {
        return TlsContexts.server(settings, (_, _) -> {});
    }

    private static String refusal(Path cert, Path key) {
        return assertThrows(TlsFailure.class, () -> load(settings(cert, key, List.of())))
                .getMessage();
    }

    @Test
    void filesThatFit() throws TlsFailure {
        assertNotNull(load(settings(server.certFile(), server.keyFile(), List.of())));
    }

    @Test
    void filesThatCannotBeUsedAreNamed() throws IOException {
        Path nowhere = folder.resolve("nowhere.pem");
        assertEquals("cert-file: \"" + nowhere + "\" does not exist", refusal(nowhere, server.keyFile()));
        assertEquals("key-file: \"" + nowhere + "\" does not exist", refusal(server.certFile(), nowhere));
        Path empty = Files.writeString(folder.resolve("empty.pem"), "nothing");
        assertEquals("cert-file: \"" + empty + "\" holds no certificate in PEM form", refusal(empty, server.keyFile()));
        assertEquals("key-file: \"" + empty + "\" holds no private key in PEM form", refusal(server.certFile(), empty));
        TestAuthority.Issued other = authority.issue("other");
        assertEquals(
                "key-file: \"" + other.keyFile() + "\" is not the key of cert-file \"" + server.certFile() + "\"",
                refusal(server.certFile(), other.keyFile()));
        TestAuthority.Issued expired = authority.issue("expired", Instant.now().minus(Duration.ofHours(1)));
        assertTrue(refusal(expired.certFile(), expired.keyFile())
                .startsWith("cert-file: \"" + expired.certFile() + "\" has expired at "));
        Path encrypted = Files.writeString(
                folder.resolve("encrypted.pem"),
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
        assertEquals(
                "key-file: \"" + encrypted + "\" is encrypted: a key without a passphrase is needed",
                refusal(server.certFile(), encrypted));
    }

    @Test
    void cipherSuitesByTheirNames() throws TlsFailure {
        assertNotNull(load(settings(
                server.certFile(),
                server.keyFile(),
                List.of("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305"))));
        TlsFailure failure = assertThrows(
                TlsFailure.class, () -> load(settings(server.certFile(), server.keyFile(), List.of("TLS_MADE_UP"))));
        assertEquals("cipher-suites: \"TLS_MADE_UP\" is not known here, or not safe any more", failure.getMessage());
    }

    /// SEC 1: the older form of elliptic keys.
    @Test
    void ellipticKeyInItsOlderForm() throws IOException {
        List<Der.Read> envelope = inner(server.pair());
        byte[] curve = Der.values(envelope.get(1).content()).get(1).whole();
        List<Der.Read> key =
                Der.values(Der.values(envelope.get(2).content()).getFirst().content());
        byte[] sec1 = Der.sequence(key.get(0).whole(), key.get(1).whole(), Der.value(0xa0, curve));
        Path file = Files.writeString(
                folder.resolve("sec1.pem"),
                "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
                        + SelfSigned.pem("EC PRIVATE KEY", sec1));
        assertEquals(
                ((ECPrivateKey) server.pair().getPrivate()).getS(),
                ((ECPrivateKey) PrivateKeys.read(new TlsFile("key-file", file))).getS());
    }

    /// PKCS#1: the older form of RSA keys.
    @Test
    void rsaKeyInItsOlderForm() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair pair = generator.generateKeyPair();
        byte[] pkcs1 = inner(pair).get(2).content();
        Path file = Files.writeString(folder.resolve("pkcs1.pem"), SelfSigned.pem("RSA PRIVATE KEY", pkcs1));
        assertEquals(pair.getPrivate(), PrivateKeys.read(new TlsFile("key-file", file)));
    }

    private static List<Der.Read> inner(KeyPair pair) {
        return Der.values(Der.values(pair.getPrivate().getEncoded()).getFirst().content());
    }

    @Test
    void selfSignedIsKeptAndMadeAnewWhenItDoesNotFit() throws Exception {
        Path made = folder.resolve("made");
        SelfSigned first = SelfSigned.in("auto-tls", made, List.of("127.0.0.1", "localhost"), 1);
        assertNotNull(load(settings(first.certFile(), first.keyFile(), List.of())));
        String before = Files.readString(first.certFile());
        SelfSigned.in("auto-tls", made, List.of("localhost"), 1);
        assertEquals(before, Files.readString(first.certFile()));
        SelfSigned.in("auto-tls", made, List.of("127.0.0.1", "::1", "db.test"), 10);
        var certificate =
                Pem.certificates(new TlsFile("cert-file", first.certFile())).getFirst();
        assertTrue(certificate.getSubjectAlternativeNames().toString().contains("db.test"));
        assertTrue(certificate.getNotAfter().toInstant().isAfter(Instant.now().plus(Duration.ofDays(3649))));
        assertEquals(
                "[OWNER_READ, OWNER_WRITE]",
                new java.util.TreeSet<>(Files.getPosixFilePermissions(first.keyFile())).toString());
    }
}
