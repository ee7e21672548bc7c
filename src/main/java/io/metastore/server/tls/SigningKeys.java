package io.metastore.server.tls;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.RSAPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.List;
import java.util.Optional;
import javax.crypto.spec.SecretKeySpec;

/// The keys of signed tokens, from files.
///
/// @param signing   absent when there is only a public key
/// @param verifying fits it
public record SigningKeys(Optional<Key> signing, Key verifying) {
    /// Reads keys for one of JSON Web Algorithms' signatures.
    ///
    /// @param algorithm  such as RS256
    /// @param publicKey  PEM file with the public key, or a certificate of it
    /// @param privateKey PEM file with the private key; for HMAC, whose content is the secret
    /// @throws TlsFailure naming the file that cannot be used
    public static SigningKeys read(String algorithm, Optional<TlsFile> publicKey, Optional<TlsFile> privateKey)
            throws TlsFailure {
        if (algorithm.startsWith("HS")) {
            byte[] secret = Pem.read(privateKey.orElseThrow(() -> missing(algorithm, "priv-key")));
            if (secret.length == 0) {
                throw privateKey.get().refused("is empty", null);
            }
            Key key = new SecretKeySpec(secret, "HmacSHA" + algorithm.substring(2));
            return new SigningKeys(Optional.of(key), key);
        }
        Optional<Key> signing =
                privateKey.isPresent() ? Optional.of(PrivateKeys.read(privateKey.get())) : Optional.empty();
        if (publicKey.isPresent()) {
            return new SigningKeys(signing, publicKey(publicKey.get()));
        }
        if (signing.isPresent() && signing.get() instanceof RSAPrivateCrtKey rsa) {
            return new SigningKeys(signing, publicPart(rsa));
        }
        throw missing(algorithm, "pub-key");
    }

    private static TlsFailure missing(String algorithm, String key) {
        return new TlsFailure("auth-token", "sign-method=" + algorithm + " needs " + key + "=FILE");
    }

    private static PublicKey publicPart(RSAPrivateCrtKey key) {
        try {
            return KeyFactory.getInstance("RSA")
                    .generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent()));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("an RSA key without a public part", impossible);
        }
    }

    private static PublicKey publicKey(TlsFile file) throws TlsFailure {
        for (Pem.Block block : Pem.blocks(file)) {
            try {
                if (block.label().equals("CERTIFICATE")) {
                    return CertificateFactory.getInstance("X.509")
                            .generateCertificate(new ByteArrayInputStream(block.der()))
                            .getPublicKey();
                }
                if (block.label().equals("PUBLIC KEY")) {
                    return decoded(file, block.der());
                }
            } catch (GeneralSecurityException damaged) {
                throw file.refused("cannot be used: " + damaged.getMessage(), damaged);
            }
        }
        throw file.refused("holds no public key in PEM form", null);
    }

    private static PublicKey decoded(TlsFile file, byte[] der) throws TlsFailure, GeneralSecurityException {
        for (String kind : List.of("RSA", "EC", "EdDSA")) {
            try {
                return KeyFactory.getInstance(kind).generatePublic(new X509EncodedKeySpec(der));
            } catch (InvalidKeySpecException _) {
                // of another kind: the next one is tried
            }
        }
        throw file.refused("is damaged, or no key for RSA, EC or EdDSA", null);
    }
}
