package io.metastore.server;

import io.metastore.server.tls.SigningKeys;
import io.metastore.server.tls.TlsFailure;
import io.metastore.server.tls.TlsFile;
import io.metastore.service.login.JwtTokens;
import io.metastore.service.login.SimpleTokens;
import io.metastore.service.login.Tokens;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What `auth-token` says: `simple`, or `jwt` and its options joined by commas, as etcd writes them.
sealed interface TokenConfig {
    Set<String> METHODS = Set.of(
            "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "HS256", "HS384",
            "HS512");
    List<String> OPTIONS = List.of("sign-method", "pub-key", "priv-key", "ttl");
    Duration LIFE = Duration.ofMinutes(5);

    record Simple() implements TokenConfig {}

    record Jwt(String method, Optional<Path> publicKey, Optional<Path> privateKey, Duration life)
            implements TokenConfig {}

    /// @throws IllegalArgumentException saying what is wrong, and what to write instead
    static TokenConfig parse(String text) {
        String[] parts = text.split(",");
        if (parts[0].equals("simple") && parts.length == 1 || text.isEmpty()) {
            return new Simple();
        }
        if (!parts[0].equals("jwt")) {
            throw new IllegalArgumentException("\"" + text + "\" is neither simple nor jwt with its options");
        }
        Map<String, String> options = new HashMap<>();
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            String name = equals < 0 ? parts[i] : parts[i].substring(0, equals);
            if (equals < 0 || !OPTIONS.contains(name) || options.put(name, parts[i].substring(equals + 1)) != null) {
                throw new IllegalArgumentException(
                        "\"" + parts[i] + "\" is no option of jwt, or stands there twice: write "
                                + String.join("=..., ", OPTIONS) + "=...");
            }
        }
        String method = options.getOrDefault("sign-method", "");
        if (!METHODS.contains(method)) {
            throw new IllegalArgumentException("sign-method=" + method + ": must be one of "
                    + String.join(", ", METHODS.stream().sorted().toList()));
        }
        Duration life = options.containsKey("ttl") ? Quantities.duration(options.get("ttl")) : LIFE;
        if (!life.isPositive()) {
            throw new IllegalArgumentException("ttl=" + options.get("ttl") + ": must be more than 0, as in ttl=5m");
        }
        return new Jwt(
                method,
                Optional.ofNullable(options.get("pub-key")).map(Path::of),
                Optional.ofNullable(options.get("priv-key")).map(Path::of),
                life);
    }

    /// @param simpleLife of simple tokens that are not used
    /// @throws TlsFailure naming the file of a key that cannot be used
    default Tokens tokens(Duration simpleLife) throws TlsFailure {
        return switch (this) {
            case Simple _ -> new SimpleTokens(simpleLife, System::nanoTime);
            case Jwt jwt -> {
                SigningKeys keys = SigningKeys.read(
                        jwt.method(), file("pub-key", jwt.publicKey()), file("priv-key", jwt.privateKey()));
                yield new JwtTokens(jwt.method(), keys.signing(), keys.verifying(), jwt.life(), Clock.systemUTC());
            }
        };
    }

    private static Optional<TlsFile> file(String option, Optional<Path> path) {
        return path.map(there -> new TlsFile("auth-token: " + option, there));
    }
}
