package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.bytes;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What the log says of requests that take long.
@BlackBox
@Timeout(120)
class SlowRequestsIT {
    private static final String LINE = MemberTarget.isEtcd() ? "request stats" : "slow write: Put of the-key took ";

    @Test
    @Statement("LIM-05")
    void aRequestOverTheLimitHasALineWithoutItsValue() {
        try (Member member = Member.startOwn("--warning-unary-request-duration=1ns")) {
            member.client().put(bytes("the-key"), "the-value");
            Eventually.holds("the log says so", () -> member.log().contains(LINE));
            assertFalse(member.log().contains("the-value"));
        }
    }

    @Test
    void oneWithinTheLimitHasNone() {
        try (Member member = Member.startOwn("--warning-unary-request-duration=30s")) {
            member.client().put(bytes("the-key"), "the-value");
            assertTrue(member.stop() >= 0);
            assertFalse(member.log().contains(LINE));
        }
    }
}
