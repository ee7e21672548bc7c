package io.metastore.server.tls;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;

/// Reads private keys in the forms in which people have them. The runtime knows PKCS#8 only; the older ones
/// are put into such an envelope.
final class PrivateKeys {
    private static final byte[] VERSION_0 = Der.value(Der.INTEGER, new byte[] {0});
    private static final byte[] RSA = Der.sequence(Der.oid("1.2.840.113549.1.1.1"), Der.value(0x05));
    private static final String EC = "1.2.840.10045.2.1";
    /// In SEC 1, the tag of the curve.
    private static final int CURVE = 0xa0;

    private PrivateKeys() {}

    static PrivateKey read(String key, Path file) throws TlsFailure {
        for (Pem.Block block : Pem.blocks(key, file)) {
            switch (block.label()) {
                case "PRIVATE KEY" -> {
                    return decode(key, file, block.der());
                }
                case "RSA PRIVATE KEY" -> {
                    return decode(key, file, Der.sequence(VERSION_0, RSA, Der.value(Der.OCTET_STRING, block.der())));
                }
                case "EC PRIVATE KEY" -> {
                    return decode(key, file, sec1(key, file, block.der()));
                }
                case "ENCRYPTED PRIVATE KEY" ->
                    throw new TlsFailure(key, "\"" + file + "\" is encrypted: a key without a passphrase is needed");
                default -> {
                    // Certificates and parameters of curves may stand beside the key.
                }
            }
        }
        throw new TlsFailure(key, "\"" + file + "\" holds no private key in PEM form");
    }

    private static byte[] sec1(String key, Path file, byte[] der) throws TlsFailure {
        try {
            List<Der.Read> whole = Der.values(der);
            List<Der.Read> parts =
                    whole.isEmpty() ? List.of() : Der.values(whole.getFirst().content());
            for (Der.Read part : parts) {
                if (part.tag() == CURVE) {
                    return Der.sequence(
                            VERSION_0, Der.sequence(Der.oid(EC), part.content()), Der.value(Der.OCTET_STRING, der));
                }
            }
        } catch (IllegalArgumentException e) {
            throw new TlsFailure(key, "\"" + file + "\" has a damaged EC PRIVATE KEY: " + e.getMessage(), e);
        }
        throw new TlsFailure(key, "\"" + file + "\" has an EC PRIVATE KEY that does not name its curve");
    }

    private static PrivateKey decode(String key, Path file, byte[] pkcs8) throws TlsFailure {
        try {
            for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
                try {
                    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
                } catch (InvalidKeySpecException _) {
                    // of another algorithm: the next one is tried
                }
            }
        } catch (GeneralSecurityException e) {
            throw new TlsFailure(key, "\"" + file + "\" cannot be used: " + e.getMessage(), e);
        }
        throw new TlsFailure(key, "\"" + file + "\" is damaged, or no key for RSA, EC or EdDSA");
    }
}
