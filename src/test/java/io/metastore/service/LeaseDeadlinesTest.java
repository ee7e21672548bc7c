package io.metastore.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.lease.Lease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// When leases run out, on a clock that the test moves.
class LeaseDeadlinesTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long GRACE = SECOND;

    /// Close to where a clock of nanoseconds overflows: only differences count.
    private static final long START = Long.MAX_VALUE - 5 * SECOND;

    private final LeaseDeadlines deadlines = new LeaseDeadlines();
    private long now = START;

    @BeforeEach
    void lead() {
        deadlines.arm(1, List.of(), GRACE, now);
    }

    private static Lease lease(long id, long ttlSeconds) {
        return new Lease(id, ttlSeconds, id * 100);
    }

    private List<Long> expiredAt(long at) throws InterruptedException {
        // One more, due at once, keeps the call from waiting when nothing else is.
        Lease marker = lease(-1, 0);
        deadlines.granted(marker, at);
        List<Long> ids = new ArrayList<>();
        deadlines.takeExpired(Integer.MAX_VALUE, () -> at).leases().forEach(lease -> ids.add(lease.id()));
        deadlines.revoked(marker.id());
        ids.remove(marker.id());
        return ids;
    }

    private static final class Told implements LeaseDeadlines.Expiry {
        private int revoked;
        private int deposed;

        @Override
        public void revoked() {
            revoked++;
        }

        @Override
        public void deposed() {
            deposed++;
        }
    }

    private final Told told = new Told();

    @Test
    void leasesRunOutInOrderAndNotBefore() throws InterruptedException {
        deadlines.granted(lease(1, 30), now);
        deadlines.granted(lease(2, 10), now);
        deadlines.granted(lease(3, 20), now);
        assertEquals(List.of(2L, 3L, 1L), deadlines.bySoonest());
        assertEquals(List.of(), expiredAt(now + 10 * SECOND - 1));
        assertEquals(List.of(2L), expiredAt(now + 10 * SECOND));
        assertEquals(List.of(3L, 1L), expiredAt(now + 30 * SECOND));
    }

    @Test
    void aRenewedLeaseLivesAsLongAgain() throws InterruptedException {
        deadlines.granted(lease(1, 10), now);
        now += 9 * SECOND;
        assertEquals(new LeaseDeadlines.Renewal.Renewed(10), deadlines.renew(1, now, told));
        assertEquals(10 * SECOND, deadlines.remaining(1, now));
        assertEquals(List.of(), expiredAt(now + 9 * SECOND));
        assertEquals(List.of(1L), expiredAt(now + 10 * SECOND));
    }

    @Test
    void whatHasRunOutIsNotRenewedAndItsClientIsAnsweredWhenItIsGone() throws InterruptedException {
        deadlines.granted(lease(1, 10), now);
        now += 10 * SECOND;
        assertInstanceOf(LeaseDeadlines.Renewal.Expiring.class, deadlines.renew(1, now, told), "before it was taken");
        assertEquals(List.of(1L), expiredAt(now));
        assertInstanceOf(LeaseDeadlines.Renewal.Expiring.class, deadlines.renew(1, now, told));
        assertEquals(0, told.revoked);
        deadlines.revoked(1);
        assertEquals(2, told.revoked);
        assertEquals(0, told.deposed);
        assertInstanceOf(LeaseDeadlines.Renewal.Unknown.class, deadlines.renew(1, now, told));
    }

    @Test
    void aNewLeaderGivesEveryLeaseItsFullTimeAndTheGrace() throws InterruptedException {
        deadlines.granted(lease(1, 10), now);
        now += 9 * SECOND;
        deadlines.disarm();
        assertNull(deadlines.remaining(1, now));
        deadlines.arm(1, List.of(lease(1, 10)), GRACE, now);
        assertEquals(List.of(), expiredAt(now + 11 * SECOND - 1));
        assertEquals(List.of(1L), expiredAt(now + 11 * SECOND));
    }

    @Test
    void whoWaitsForALeaseThatRanOutHearsThatItsLeaderWasDeposed() throws InterruptedException {
        deadlines.granted(lease(1, 10), now);
        now += 10 * SECOND;
        assertInstanceOf(LeaseDeadlines.Renewal.Expiring.class, deadlines.renew(1, now, told));
        deadlines.disarm();
        assertEquals(1, told.deposed, "nothing is known of the lease");
        assertEquals(0, told.revoked);
    }

    @Test
    void aFollowerArmsNothing() {
        deadlines.disarm();
        deadlines.granted(lease(1, 10), now);
        assertNull(deadlines.remaining(1, now));
        assertInstanceOf(LeaseDeadlines.Renewal.NotLeading.class, deadlines.renew(1, now, told));
    }

    @Test
    void aFailedRevocationIsDueAgainUnlessTheLeaseWasGrantedAnew() throws InterruptedException {
        deadlines.granted(lease(1, 10), now);
        assertEquals(List.of(1L), expiredAt(now + 10 * SECOND));
        deadlines.retry(lease(1, 10), now + 15 * SECOND);
        assertEquals(List.of(), expiredAt(now + 14 * SECOND));
        assertEquals(List.of(1L), expiredAt(now + 15 * SECOND));
        deadlines.granted(new Lease(1, 60, 999), now + 15 * SECOND);
        deadlines.retry(lease(1, 10), now + 16 * SECOND);
        assertEquals(List.of(), expiredAt(now + 16 * SECOND));
    }

    /// Grants, renewals and revocations at random, against a map of deadlines.
    @Test
    void randomHistoriesRunOutLikeAMapOfDeadlines() throws InterruptedException {
        long seed = Long.getLong("seed", new Random().nextLong(1_000_000));
        Random random = new Random(seed);
        Map<Long, Long> expected = new TreeMap<>();
        for (int i = 0; i < 5_000; i++) {
            now += random.nextLong(SECOND);
            long id = 1 + random.nextLong(50);
            Lease lease = lease(id, 1 + random.nextLong(20));
            long deadline = now + lease.ttlSeconds() * SECOND;
            switch (random.nextInt(3)) {
                case 0 -> {
                    if (expected.putIfAbsent(id, deadline) == null) {
                        deadlines.granted(lease, now);
                    }
                }
                case 1 -> {
                    LeaseDeadlines.Renewal renewal = deadlines.renew(id, now, told);
                    if (renewal instanceof LeaseDeadlines.Renewal.Renewed(long ttlSeconds)) {
                        assertTrue(expected.containsKey(id), "seed " + seed);
                        expected.put(id, now + ttlSeconds * SECOND);
                    }
                }
                default -> {
                    expected.remove(id);
                    deadlines.revoked(id);
                }
            }
            List<Long> due = new ArrayList<>(expected.keySet());
            due.removeIf(one -> expected.get(one) - now > 0);
            List<Long> found = expiredAt(now);
            found.sort(null);
            assertEquals(due, found, "seed " + seed + " step " + i);
            due.forEach(one -> {
                expected.remove(one);
                deadlines.revoked(one);
            });
        }
    }

    /// A lease that goes is not looked for among all others, on the thread that applies: a quarter of a million
    /// revocations in the worst order would take minutes.
    @Test
    void revokingManyLeasesTakesNoLongerForEach() {
        int many = 250_000;
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            for (int id = 1; id <= many; id++) {
                deadlines.granted(lease(id, 1_000_000 + id), now);
            }
            for (int id = many; id >= 1; id--) {
                deadlines.revoked(id);
            }
        });
        assertEquals(List.of(), deadlines.bySoonest());
    }

    /// Leases of years that come and go leave nothing behind, and those that stay run out in their order.
    @Test
    void whatIsGoneTakesNoMemory() throws InterruptedException {
        for (int id = 1; id <= 3_000; id++) {
            deadlines.granted(lease(id, 10 + id), now);
        }
        for (int id = 10_000; id < 200_000; id++) {
            deadlines.granted(lease(id, 1_000_000_000), now);
            deadlines.revoked(id);
        }
        assertTrue(deadlines.queued() < 10_000, () -> deadlines.queued() + " deadlines are kept");
        for (int id = 1; id <= 3_000; id += 2) {
            deadlines.revoked(id);
        }
        List<Long> left = new ArrayList<>();
        for (long id = 2; id <= 3_000; id += 2) {
            left.add(id);
        }
        assertEquals(left, expiredAt(now + 4_000 * SECOND));
    }

    /// LEA-24: what the last leader granted at once does not run out at once with the next.
    @Test
    void aNewLeaderSpreadsManyLeases() throws InterruptedException {
        List<Lease> many = new ArrayList<>();
        for (int id = 1; id <= 3_000; id++) {
            many.add(lease(id, 10));
        }
        many.add(lease(4_000, 60));
        deadlines.arm(7, many, GRACE, now);
        assertEquals(7, deadlines.term());
        long due = now + 11 * SECOND;
        assertEquals(0, expiredAt(due - 1).size());
        for (int second = 1; second <= 4; second++) {
            int expired = expiredAt(due + second * SECOND - 1).size();
            assertTrue(expired >= 749 && expired <= 751, "second " + second + ": " + expired);
        }
        assertEquals(60 + 1, deadlines.remaining(4_000, now) / SECOND);
    }

    /// A revocation that failed is not tried again for a lease that was armed anew meanwhile.
    @Test
    void whatWasArmedAgainRunsOutOnce() throws InterruptedException {
        deadlines.arm(1, List.of(lease(1, 10)), GRACE, now);
        assertEquals(List.of(1L), expiredAt(now + 11 * SECOND));
        deadlines.arm(2, List.of(lease(1, 10), lease(2, 5)), GRACE, now + 20 * SECOND);
        deadlines.retry(lease(1, 10), now + 21 * SECOND);
        assertEquals(2, deadlines.queued());
        assertEquals(List.of(2L), expiredAt(now + 27 * SECOND));
        assertEquals(List.of(1L), expiredAt(now + 32 * SECOND));
    }
}
