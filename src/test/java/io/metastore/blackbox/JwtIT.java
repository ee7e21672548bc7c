package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status.Code;
import io.metastore.api.etcd.authpb.Permission.Type;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jws.JsonWebSignature;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Tokens that are signed: what they are worth, and which ones are worth nothing.
@BlackBox
@Timeout(120)
class JwtIT {
    @TempDir
    private Path folder;

    private static KeyPair pair(String algorithm, AlgorithmParameterSpec curve) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if (curve == null) {
            generator.initialize(algorithm.equals("RSA") ? 2048 : 255);
        } else {
            generator.initialize(curve);
        }
        return generator.generateKeyPair();
    }

    private Path pem(String name, String label, Key key) throws Exception {
        String text = "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded()) + "\n-----END " + label
                + "-----\n";
        return Files.writeString(folder.resolve(name), text);
    }

    private String keys(KeyPair pair) throws Exception {
        return "pub-key=" + pem("public.pem", "PUBLIC KEY", pair.getPublic()) + ",priv-key="
                + pem("private.pem", "PRIVATE KEY", pair.getPrivate());
    }

    private static Member start(String options) {
        return Member.startOwn("--bcrypt-cost=4", "--auth-token=jwt," + options);
    }

    private static String signed(String algorithm, Key key, String claims) throws Exception {
        JsonWebSignature token = new JsonWebSignature();
        token.setAlgorithmConstraints(AlgorithmConstraints.NO_CONSTRAINTS);
        token.setAlgorithmHeaderValue(algorithm);
        token.setPayload(claims);
        token.setKey(key);
        token.setDoKeyValidation(false);
        return token.getCompactSerialization();
    }

    private static String claims(String user, long revision, long end) {
        return "{\"username\":\"" + user + "\",\"revision\":" + revision + ",\"exp\":" + end + "}";
    }

    private static void invalid(Member member, String token) {
        try (Client shown = Client.withToken(member.endpoint(), token)) {
            Refusal.INVALID_TOKEN.of(() -> shown.get(bytes("a")));
            Refusal.INVALID_TOKEN.of(() -> shown.put(bytes("a"), "forged"));
        }
    }

    @ParameterizedTest
    @CsvSource({"PS384, RSA, ", "ES256, EC, secp256r1", "EdDSA, Ed25519, "})
    @Statement("AUT-27")
    void eachKindOfKeySigns(String method, String kind, String curve) throws Exception {
        KeyPair pair = pair(kind, curve == null ? null : new ECGenParameterSpec(curve));
        try (Member member = start("sign-method=" + method + "," + keys(pair));
                Client root = Accounts.enable(member)) {
            root.put(bytes("a"), "1");
            assertEquals("1", root.get(bytes("a")).orElseThrow().getValue().toStringUtf8());
        }
    }

    @Test
    @Statement("AUT-27")
    void aSecretSignsAndAPublicKeyOnlyVerifies() throws Exception {
        Path secret = Files.writeString(folder.resolve("secret"), "a secret of some length, for all members");
        try (Member member = start("sign-method=HS256,priv-key=" + secret);
                Client root = Accounts.enable(member)) {
            root.put(bytes("a"), "1");
        }
        KeyPair pair = pair("RSA", null);
        try (Member member = start("sign-method=RS256,pub-key=" + pem("public.pem", "PUBLIC KEY", pair.getPublic()))) {
            Accounts accounts = new Accounts(member.client());
            accounts.addUser("root");
            accounts.grantRole("root", "root");
            accounts.enable();
            Refusal.refused(
                    Code.UNKNOWN,
                    "auth: token signing attempted with verify-only key",
                    () -> accounts.token("root", "root"));
            long end = System.currentTimeMillis() / 1000 + 60;
            try (Client root = Client.withToken(
                    member.endpoint(), signed("RS256", pair.getPrivate(), claims("root", accounts.revision(), end)))) {
                root.put(bytes("a"), "1");
            }
        }
    }

    @Test
    @Statement({"AUT-26", "AUT-27", "AUT-28", "AUT-32"})
    void aTokenIsOfOneRevision() throws Exception {
        KeyPair pair = pair("RSA", null);
        try (Member member = start("sign-method=RS256," + keys(pair));
                Client root = Accounts.enable(member)) {
            String token = new Accounts(root).token("root", "root");
            String[] parts = token.split("\\.");
            String claims = new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8);
            long revision = new Accounts(root).revision();
            assertTrue(claims.contains("\"username\":\"root\""), claims);
            assertTrue(claims.contains("\"revision\":" + revision), claims);
            // Administration does not ask for the revision, so that one token does several steps.
            Accounts by = new Accounts(root);
            Client user = by.userWith(member, "u", Type.READWRITE, bytes("a"), com.google.protobuf.ByteString.EMPTY);
            Refusal.OLD_AUTH_REVISION.of(() -> root.put(bytes("a"), "1"));
            Refusal.OLD_AUTH_REVISION.of(() -> root.get(bytes("a")));
            try (user) {
                user.put(bytes("a"), "1");
                by.addRole("another");
                Refusal.OLD_AUTH_REVISION.of(() -> user.put(bytes("a"), "2"));
                Refusal.OLD_AUTH_REVISION.of(() -> user.get(bytes("a")));
                by.deleteUser("u");
                Refusal.OLD_AUTH_REVISION.of(() -> user.get(bytes("a")));
            }
        }
    }

    @Test
    @Statement({"AUT-24", "AUT-27"})
    void forgedTokensAreWorthNothing() throws Exception {
        KeyPair pair = pair("RSA", null);
        try (Member member = start("sign-method=RS256," + keys(pair));
                Client root = Accounts.enable(member)) {
            long revision = new Accounts(root).revision();
            long end = System.currentTimeMillis() / 1000 + 60;
            String claims = claims("root", revision, end);
            try (Client good = Client.withToken(member.endpoint(), signed("RS256", pair.getPrivate(), claims))) {
                good.put(bytes("a"), "1");
            }
            invalid(member, signed("RS256", pair("RSA", null).getPrivate(), claims));
            invalid(member, signed("RS512", pair.getPrivate(), claims));
            invalid(member, signed("RS256", pair.getPrivate(), claims("root", revision, end - 120)));
            invalid(member, signed("RS256", pair.getPrivate(), "{\"revision\":" + revision + "}"));
            invalid(member, signed("RS256", pair.getPrivate(), "{\"username\":\"root\"}"));
            // The public key, known to everybody, as the secret of another algorithm.
            byte[] known = Files.readAllBytes(folder.resolve("public.pem"));
            invalid(member, signed("HS256", new SecretKeySpec(known, "HmacSHA256"), claims));
            invalid(member, signed("HS256", new SecretKeySpec(pair.getPublic().getEncoded(), "HmacSHA256"), claims));
            String body =
                    Base64.getUrlEncoder().withoutPadding().encodeToString(claims.getBytes(StandardCharsets.UTF_8));
            String none = Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString("{\"alg\":\"none\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.UTF_8));
            invalid(member, none + "." + body + ".");
            String good = signed("RS256", pair.getPrivate(), claims);
            invalid(member, good.substring(0, good.lastIndexOf('.') + 1));
            invalid(
                    member,
                    good.substring(0, good.indexOf('.')) + "." + body + "x."
                            + good.substring(good.lastIndexOf('.') + 1));
            assertEquals("1", root.get(bytes("a")).orElseThrow().getValue().toStringUtf8());
        }
    }
}
