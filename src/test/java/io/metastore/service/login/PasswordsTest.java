package io.metastore.service.login;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.thread.Threads;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PasswordsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Passwords passwords = new Passwords(4, Threads.UNCAUGHT);

    @AfterEach
    void close() {
        passwords.close();
    }

    private String hash(String password) {
        return passwords.hash(password).await().atMost(PATIENCE);
    }

    private boolean matches(String password, String hash) {
        return passwords.matches(password, hash).await().atMost(PATIENCE);
    }

    @Test
    void onlyThePasswordMatchesItsHash() {
        String hash = hash("secret");
        assertTrue(hash.startsWith("$2a$04$"), hash);
        assertTrue(matches("secret", hash));
        assertFalse(matches("Secret", hash));
        assertFalse(matches("", hash));
        assertFalse(matches("secret", hash("secret2")));
    }

    /// Made by etcd's library, which ends a password with a zero where there is room for one.
    @Test
    void hashesOfEtcdAreTaken() {
        assertTrue(matches("password", "$2a$04$ms4y9dqHX7stqdm9eq/5aOMtHcnvYlvdO8eO18/TyQJdYY.M06pP6"));
        assertTrue(matches("x".repeat(72), "$2a$04$QsgSXLnUCWK8m.tvf2WHeuxQsm4fkQBTbBcPYWavBe2EmJRM/H4DW"));
        assertFalse(matches("x".repeat(71), "$2a$04$QsgSXLnUCWK8m.tvf2WHeuxQsm4fkQBTbBcPYWavBe2EmJRM/H4DW"));
    }

    @Test
    void theLongestPasswordCountsToItsLastByte() {
        String longest = "x".repeat(71) + "a";
        String hash = hash(longest);
        assertTrue(matches(longest, hash));
        assertFalse(matches("x".repeat(71) + "b", hash));
        assertFalse(matches(longest + "c", hash));
        assertEquals(
                "bcrypt: password length exceeds 72 bytes",
                assertThrows(IllegalArgumentException.class, () -> hash("x".repeat(73)))
                        .getMessage());
    }

    /// Who is not there is compared as well, and never matches.
    @Test
    void nobodyHasTheEmptyHash() {
        assertFalse(matches("", ""));
        assertFalse(matches("anything", ""));
        assertFalse(matches("anything", "no hash at all"));
    }

    @Test
    void moreThanThereIsRoomForAreRefused() {
        int refused = 0;
        for (int i = 0; i < 3_000; i++) {
            var compared = passwords.hash("p" + i).subscribeAsCompletionStage();
            refused += compared.isCompletedExceptionally() ? 1 : 0;
        }
        assertTrue(refused > 1_000, "refused " + refused);
    }
}
