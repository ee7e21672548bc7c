package io.metastore.server.tls;

import io.metastore.fuzz.Fuzz;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files of keys, certificates and revocations, damaged: each is read, or refused with a message that names
/// the setting and the file.
class PemFuzzTest {
    @TempDir
    private Path folder;

    private TestAuthority authority;
    private Path file;

    @BeforeEach
    void authority() throws Exception {
        authority = new TestAuthority(folder, "one");
        file = folder.resolve("damaged.pem");
    }

    /// What the runtime itself makes of certificates and keys costs more than the text.
    private static Fuzz fuzz(String name) {
        return Fuzz.of(name, TlsFailure.class).allocating(4 << 20, 2_000);
    }

    @Test
    void keys() throws Exception {
        KeyPair rsa = rsa();
        byte[] pkcs8 = rsa.getPrivate().getEncoded();
        byte[] pkcs1 = Der.values(Der.values(pkcs8).getFirst().content()).get(2).content();
        KeyPair ec = TestAuthority.pair();
        List<Der.Read> parts =
                Der.values(Der.values(ec.getPrivate().getEncoded()).getFirst().content());
        List<Der.Read> inner =
                Der.values(Der.values(parts.get(2).content()).getFirst().content());
        byte[] curve = Der.values(parts.get(1).content()).get(1).whole();
        byte[] sec1 = Der.sequence(inner.get(0).whole(), inner.get(1).whole(), Der.value(0xa0, curve));
        List<byte[]> corpus = new ArrayList<>();
        corpus.add(SelfSigned.pem("PRIVATE KEY", pkcs8).getBytes());
        corpus.add(SelfSigned.pem("RSA PRIVATE KEY", pkcs1).getBytes());
        corpus.add(SelfSigned.pem("EC PRIVATE KEY", sec1).getBytes());
        corpus.add(SelfSigned.pem("PRIVATE KEY", ec.getPrivate().getEncoded()).getBytes());
        fuzz("files of keys").run(corpus, input -> PrivateKeys.read(new TlsFile("key-file", Files.write(file, input))));
    }

    /// Whole files keep their framing, so the damage is in the encoding itself.
    @Test
    void encodedKeys() throws Exception {
        List<byte[]> corpus = List.of(
                TestAuthority.pair().getPrivate().getEncoded(),
                rsa().getPrivate().getEncoded());
        for (String label : List.of("PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY")) {
            fuzz(label).refusingValid().run(corpus, input -> {
                Files.writeString(file, SelfSigned.pem(label, input));
                PrivateKeys.read(new TlsFile("key-file", file));
            });
        }
    }

    private static KeyPair rsa() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(1024);
        return generator.generateKeyPair();
    }

    @Test
    void certificates() throws Exception {
        byte[] certificate = authority.issue("server").certificate().getEncoded();
        fuzz("certificates").run(List.of(certificate), input -> {
            Files.writeString(file, SelfSigned.pem("CERTIFICATE", input));
            Pem.certificates(new TlsFile("cert-file", file));
        });
    }

    @Test
    void revocations() throws Exception {
        Path list = authority.revoke(authority.issue("bad"), authority.issue("worse"));
        fuzz("lists of revocations")
                .run(
                        List.of(Files.readAllBytes(list)),
                        input -> Pem.revocations(new TlsFile("crl", Files.write(file, input))));
    }

    @Test
    void encodings() throws Exception {
        byte[] certificate = authority.issue("server").certificate().getEncoded();
        Fuzz.of("DER", IllegalArgumentException.class).run(List.of(certificate), Der::values);
    }
}
