package io.metastore.failover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.failover.Gaps.Gap;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class GapsTest {

    @Test
    void theLongestGapIsKept() {
        Gaps.Meter meter = new Gaps.Meter();
        long start = System.nanoTime() + 1_000_000_000;
        meter.acknowledgedAt(start);
        meter.begin();
        meter.acknowledgedAt(start + 10);
        meter.acknowledgedAt(start + 70);
        meter.acknowledgedAt(start + 90);
        assertEquals(new Gap(start + 10, 60), meter.longestAt(start + 100));
        // The gap that is still open counts.
        assertEquals(new Gap(start + 90, 310), meter.longestAt(start + 400));
        meter.begin();
        meter.acknowledgedAt(start + 500);
        assertEquals(new Gap(start + 90, 410), meter.longestAt(start + 500));
        assertEquals(5, meter.count());
    }

    @Test
    void quantilesAreNearestRanks() {
        Gaps hundred = new Gaps(LongStream.rangeClosed(1, 100).boxed().toList());
        assertEquals(50, hundred.quantile(0.5));
        assertEquals(95, hundred.quantile(0.95));
        assertEquals(100, hundred.quantile(1));
        Gaps five = new Gaps(List.of(5L, 1L, 4L, 2L, 3L));
        assertEquals(3, five.quantile(0.5));
        assertEquals(5, five.quantile(0.95));
        assertTrue(five.toString().startsWith("median 3 ms, p95 5 ms, max 5 ms of 5: 5 1"), five::toString);
        assertEquals("median 16.67, p95 19.00, max 20.00 times", hundred.beside(five));
    }
}
