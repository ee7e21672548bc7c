package io.metastore.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {
    private static final long START = 5_000_000_000L;
    private static final long MILLI = 1_000_000L;

    @Test
    void openCallsAreDueAtTheirRateWhateverHappened() {
        Pace.Open pace = new Pace.Open(1_000, Pace.Limit.time(Duration.ofSeconds(1)), START, 2);
        assertEquals(0, pace.claim(0, START));
        assertEquals(Pace.NONE, pace.claim(1, START));
        assertEquals(1, pace.claim(1, START + MILLI));

        // Nobody was free for half a second: the next call of the lane still is number 2, measured from when it was
        // due.
        long late = START + 500 * MILLI;
        assertEquals(2, pace.claim(0, late));
        assertEquals(START + 2 * MILLI, pace.intended(2, late));
        assertEquals(498, (late - pace.intended(2, late)) / MILLI);
    }

    @Test
    void aLaneIsWokenForEachCallAndNotInBursts() {
        Pace.Open pace = new Pace.Open(1_000, Pace.Limit.calls(4), START, 2);
        assertEquals(START, pace.lookAgainNanos(0, START - MILLI));
        assertEquals(START + 2 * MILLI, pace.lookAgainNanos(0, START), "call 0 is being sent, call 2 comes next");
        pace.claim(0, START);
        assertEquals(START + 2 * MILLI, pace.lookAgainNanos(0, START + MILLI / 2));
        assertEquals(START + 51 * MILLI, pace.lookAgainNanos(0, START + 50 * MILLI), "no client is free");
        pace.claim(0, START + 50 * MILLI);
        assertEquals(Long.MAX_VALUE, pace.lookAgainNanos(0, START + 50 * MILLI));
    }

    @Test
    void callsThatWereDueAndNotSentAreCounted() {
        Pace.Open pace = new Pace.Open(1_000, Pace.Limit.time(Duration.ofSeconds(1)), START, 2);
        assertEquals(1, pace.unsent(START));
        pace.claim(0, START);
        assertEquals(0, pace.unsent(START));
        assertEquals(100, pace.unsent(START + 100 * MILLI));
        assertEquals(999, pace.unsent(START + 5_000 * MILLI));
    }

    @Test
    void anOpenPhaseEndsWhenAllIsSentOrItsTimeIsLongUp() {
        Pace.Open pace = new Pace.Open(10, Pace.Limit.calls(2), START, 1);
        assertFalse(pace.over(0, START));
        assertEquals(0, pace.claim(0, START));
        assertEquals(1, pace.claim(0, START + 100 * MILLI));
        assertTrue(pace.over(0, START + 100 * MILLI));
        assertEquals(Pace.NONE, pace.claim(0, START + 900 * MILLI));

        Pace.Open never = new Pace.Open(10, Pace.Limit.calls(2), START, 1);
        assertFalse(never.over(0, START + 200 * MILLI));
        assertTrue(never.over(0, START + 400 * MILLI));
    }

    @Test
    void aClosedPhaseEndsByCallsOrByTime() {
        Pace.Closed calls = new Pace.Closed(Pace.Limit.calls(2), START);
        assertEquals(0, calls.claim(0, START));
        assertEquals(1, calls.claim(1, START));
        assertEquals(Pace.NONE, calls.claim(0, START));
        assertTrue(calls.over(0, START));

        Pace.Closed time = new Pace.Closed(Pace.Limit.time(Duration.ofMillis(10)), START);
        assertEquals(0, time.claim(0, START + 9 * MILLI));
        assertEquals(Pace.NONE, time.claim(0, START + 10 * MILLI));
    }

    @Test
    void stoppedMeansOver() {
        Pace.Open pace = new Pace.Open(1_000, Pace.Limit.calls(5), START, 1);
        pace.stop();
        assertEquals(Pace.NONE, pace.claim(0, START + 5 * MILLI));
        assertTrue(pace.over(0, START));
        assertEquals(Long.MAX_VALUE, pace.dueNanos(0));
    }
}
