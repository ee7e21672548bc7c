package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/// The harness itself: a member's life, seen from outside.
@BlackBox
class HarnessIT {

    @Test
    @OwnMember
    void keepsAcknowledgedWritesOverStopAndKill(Member member, Keys keys) {
        long written = member.client().putRevision(keys.key("a"), "1");

        int status = member.stop();
        assertTrue(status == 0 || status == 128 + 15, () -> "status " + status + ": " + member.log());
        assertFalse(member.isAlive());
        member.restart();
        long second = member.client().putRevision(keys.key("b"), "2");
        member.kill();
        member.restart();

        assertEquals(written + 1, second);
        assertEquals(second, member.client().revision());
        assertEquals(2, member.client().all(keys).size());
        assertTrue(member.log().contains("ready to serve client requests"));
    }

    @Test
    void sharesOneMember(Client client, Keys keys) {
        client.put(keys.key("a"), "1");

        assertEquals(1, client.all(keys).size());
    }
}
