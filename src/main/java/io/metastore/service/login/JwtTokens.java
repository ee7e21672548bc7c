package io.metastore.service.login;

import io.metastore.auth.AuthApplied;
import io.metastore.auth.AuthChange;
import io.metastore.auth.AuthState;
import io.metastore.auth.Principal;
import java.security.Key;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.NumericDate;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumer;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;
import org.jose4j.lang.JoseException;

/// Tokens that say everything themselves, signed (AUT-27): the user, when they end, and the revision of users, roles
/// and
/// permissions at which they were given out. Any change of those makes them worthless (AUT-26).
///
/// Exactly one algorithm is taken, whatever a token says of its own. Who a token belongs to is remembered, since
/// comparing a signature costs more than a read.
public final class JwtTokens implements Tokens {
    private static final int REMEMBERED_MAX = 10_000;

    private final String algorithm;
    private final Optional<Key> signing;
    private final Duration life;
    private final Clock clock;
    private final JwtConsumer consumer;
    private final Map<String, Verified> verified = new ConcurrentHashMap<>();

    /// @param algorithm by its name in JSON Web Algorithms, such as RS256
    /// @param signing   makes tokens; absent when this member only tells whose they are
    /// @param verifying fits `signing`; the same for HMAC
    /// @param life      of a token
    public JwtTokens(String algorithm, Optional<Key> signing, Key verifying, Duration life, Clock clock) {
        this.algorithm = algorithm;
        this.signing = signing;
        this.life = life;
        this.clock = clock;
        this.consumer = new JwtConsumerBuilder()
                .setJwsAlgorithmConstraints(new AlgorithmConstraints(ConstraintType.PERMIT, algorithm))
                .setVerificationKey(verifying)
                // Short keys are the operator's choice, as in etcd.
                .setRelaxVerificationKeyValidation()
                .setSkipDefaultAudienceValidation()
                .build();
    }

    /// @param endsMillis when it ends, since 1970; the largest number for never
    private record Verified(Principal who, long endsMillis) {}

    @Override
    public Optional<Principal> principal(String token, AuthState now) {
        Verified known = verified.get(token);
        if (known == null) {
            known = verify(token).orElse(null);
            if (known == null) {
                return Optional.empty();
            }
            if (verified.size() < REMEMBERED_MAX) {
                verified.put(token, known);
            }
        }
        return clock.millis() < known.endsMillis() ? Optional.of(known.who()) : Optional.empty();
    }

    private Optional<Verified> verify(String token) {
        try {
            JwtClaims claims = consumer.processToClaims(token);
            NumericDate end = claims.getExpirationTime();
            if (!(claims.getClaimValue("username") instanceof String user)
                    || !(claims.getClaimValue("revision") instanceof Number revision)) {
                return Optional.empty();
            }
            return Optional.of(new Verified(
                    new Principal(user, revision.longValue()), end == null ? Long.MAX_VALUE : end.getValueInMillis()));
        } catch (InvalidJwtException | MalformedClaimException _) {
            return Optional.empty();
        }
    }

    @Override
    public boolean isAwaited(String token, long applied) {
        return false;
    }

    @Override
    public String secret() {
        return "";
    }

    @Override
    public String issue(AuthChange.LogIn login, long index) {
        JwtClaims claims = new JwtClaims();
        claims.setClaim("username", login.user());
        claims.setClaim("revision", login.revision());
        claims.setExpirationTime(
                NumericDate.fromSeconds(clock.instant().plus(life).getEpochSecond()));
        JsonWebSignature signature = new JsonWebSignature();
        signature.setAlgorithmHeaderValue(algorithm);
        signature.setHeader("typ", "JWT");
        signature.setPayload(claims.toJson());
        signature.setKey(signing.orElseThrow(VerifyOnly::new));
        signature.setDoKeyValidation(false);
        try {
            return signature.getCompactSerialization();
        } catch (JoseException unusable) {
            throw new IllegalStateException("a token cannot be signed with " + algorithm, unusable);
        }
    }

    @Override
    public void changed(List<AuthApplied> changes) {
        // The revision in a token is all that changes mean to it.
    }

    @Override
    public void tick() {
        long now = clock.millis();
        verified.values().removeIf(known -> now >= known.endsMillis());
    }
}
