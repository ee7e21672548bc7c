package io.metastore.server.tls;

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

    static PrivateKey read(TlsFile file) throws TlsFailure {
        for (Pem.Block block : Pem.blocks(file)) {
            switch (block.label()) {
                case "PRIVATE KEY" -> {
                    return decode(file, block.der());
                }
                case "RSA PRIVATE KEY" -> {
                    return decode(file, Der.sequence(VERSION_0, RSA, Der.value(Der.OCTET_STRING, block.der())));
                }
                case "EC PRIVATE KEY" -> {
                    return decode(file, sec1(file, block.der()));
                }
                case "ENCRYPTED PRIVATE KEY" ->
                    throw file.refused("is encrypted: a key without a passphrase is needed", null);
                default -> {
                    // Certificates and parameters of curves may stand beside the key.
                }
            }
        }
        throw file.refused("holds no private key in PEM form", null);
    }

    private static byte[] sec1(TlsFile file, byte[] der) throws TlsFailure {
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
            throw file.refused("has a damaged EC PRIVATE KEY: " + e.getMessage(), e);
        }
        throw file.refused("has an EC PRIVATE KEY that does not name its curve", null);
    }

    private static PrivateKey decode(TlsFile file, byte[] pkcs8) throws TlsFailure {
        try {
            for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
                try {
                    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
                } catch (InvalidKeySpecException _) {
                    // of another algorithm: the next one is tried
                }
            }
        } catch (GeneralSecurityException e) {
            throw file.refused("cannot be used: " + e.getMessage(), e);
        }
        throw file.refused("is damaged, or no key for RSA, EC or EdDSA", null);
    }
}
