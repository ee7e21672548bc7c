package io.metastore.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class HistogramTest {
    @Test
    void aValueBelongsToTheFirstBoundThatItDoesNotPass() {
        long[] firsts = {1, 3, 100_000, 1_000_000, 100_000_000};
        Random random = new Random(7);
        for (long first : firsts) {
            for (int i = 0; i < 20_000; i++) {
                // Around bounds and anywhere.
                long value = i % 2 == 0
                        ? (first << random.nextInt(14)) + random.nextInt(5) - 2
                        : random.nextLong(first << random.nextInt(16));
                Histogram histogram = Histogram.ofValues(first, 12);
                histogram.record(value);
                assertEquals(1, histogram.countIn(naive(first, 12, value)), value + " from " + first);
                assertEquals(1, histogram.count());
            }
        }
    }

    private static int naive(long first, int buckets, long value) {
        int bucket = 0;
        for (long bound = first; bucket < buckets && value > bound; bound *= 2) {
            bucket++;
        }
        return bucket;
    }

    @Test
    void theGreatestAndTheLeastValueHaveAPlace() {
        Histogram histogram = Histogram.ofValues(1, 24);
        histogram.record(Long.MAX_VALUE);
        histogram.record(-5);
        histogram.record(0);
        assertEquals(1, histogram.countIn(24));
        assertEquals(2, histogram.countIn(0));
        assertEquals((double) Long.MAX_VALUE, histogram.sum());
    }

    @Test
    void unitsOfBoundsAndSums() {
        Histogram seconds = Histogram.ofSeconds(1_000_000, 14);
        seconds.record(1_500_000);
        assertEquals(0.001, seconds.bound(0));
        assertEquals(8.192, seconds.bound(13));
        assertEquals(0.0015, seconds.sum());
        Histogram milliseconds = Histogram.ofMilliseconds(100_000_000, 14);
        milliseconds.record(1_500_000);
        assertEquals(100, milliseconds.bound(0));
        assertEquals(819_200, milliseconds.bound(13));
        assertEquals(1.5, milliseconds.sum());
    }

    @Test
    void nothingIsLostWhenManyRecord() {
        Histogram histogram = Histogram.ofValues(1, 20);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int thread = 0; thread < 4; thread++) {
                threads.execute(() -> {
                    for (int i = 0; i < 50_000; i++) {
                        histogram.record(i % 7);
                    }
                });
            }
        }
        assertEquals(200_000, histogram.count());
        long expected = 0;
        for (int i = 0; i < 50_000; i++) {
            expected += 4 * (i % 7);
        }
        assertEquals(expected, histogram.sum());
    }
}
