package io.metastore.consensus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BatcherTest {
    private static final Duration LONG = Duration.ofMinutes(10);

    private final ProposalQueue queue = new ProposalQueue(new ProposalQueue.Limits(10_000, 64 << 20));
    private final FakeConsensus consensus = new FakeConsensus();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final CompletableFuture<String> fault = new CompletableFuture<>();
    private Batcher batcher;

    private void start(BatchLimits limits) {
        batcher = new Batcher(
                queue,
                limits,
                consensus,
                new ConsensusMetrics(meters),
                (what, cause) -> fault.complete(what + ": " + cause.getMessage()));
        batcher.start();
    }

    @AfterEach
    void stop() throws InterruptedException {
        queue.close();
        // What is in flight makes room for what still waits.
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (queue.depth().outstanding() > 0 && System.nanoTime() < deadline) {
            FakeConsensus.Proposed next = consensus.proposed.poll(100, TimeUnit.MILLISECONDS);
            if (next != null) {
                next.agree();
            }
        }
        batcher.stop(Duration.ofMinutes(1));
    }

    private Callers.Call offer(int valueBytes) {
        Callers.Call call = Callers.put("key", valueBytes);
        queue.offer(call.proposal());
        return call;
    }

    private double closed(Batcher.Reason reason) {
        return meters.get("metastore.batch.closed")
                .tag("reason", reason.name().toLowerCase(java.util.Locale.ROOT))
                .counter()
                .count();
    }

    private void assertNothingComes() throws InterruptedException {
        assertNull(consensus.proposed.poll(150, TimeUnit.MILLISECONDS));
    }

    @Test
    void anIdlePipelineNeverWaits() throws Exception {
        start(new BatchLimits(true, 100, 1 << 20, LONG, 8, 1 << 20));
        for (int i = 0; i < 5; i++) {
            Callers.Call call = offer(1);
            FakeConsensus.Proposed entry = consensus.next();
            assertEquals(1, entry.commands());
            entry.agree();
            call.end().get(10, TimeUnit.SECONDS);
        }
        assertEquals(5, closed(Batcher.Reason.IDLE));
    }

    @Test
    void whileOneIsInFlightTheNextWaitsForCompanyUntilNothingIs() throws Exception {
        start(new BatchLimits(true, 100, 1 << 20, LONG, 8, 1 << 20));
        offer(1);
        FakeConsensus.Proposed first = consensus.next();
        offer(1);
        offer(1);
        assertNothingComes();
        first.agree();
        FakeConsensus.Proposed second = consensus.next();
        assertEquals(2, second.commands());
        second.agree();
        assertEquals(2, closed(Batcher.Reason.IDLE));
    }

    @Test
    void theTimeLimitOfTheOldestClosesABatch() throws Exception {
        start(new BatchLimits(true, 100, 1 << 20, Duration.ofMillis(80), 8, 1 << 20));
        offer(1);
        FakeConsensus.Proposed first = consensus.next();
        long offered = System.nanoTime();
        offer(1);
        offer(1);
        FakeConsensus.Proposed second = consensus.next();
        assertTrue(System.nanoTime() - offered >= TimeUnit.MILLISECONDS.toNanos(79));
        assertEquals(2, second.commands());
        assertEquals(1, closed(Batcher.Reason.TIME));
        first.agree();
        second.agree();
    }

    @Test
    void sizeAndBytesCloseABatchAtOnce() throws Exception {
        start(new BatchLimits(true, 5, 2000, LONG, 8, 1 << 20));
        offer(1);
        List<FakeConsensus.Proposed> entries = new ArrayList<>(List.of(consensus.next()));
        for (int i = 0; i < 5; i++) {
            offer(1);
        }
        entries.add(consensus.next());
        assertEquals(5, entries.getLast().commands());
        assertEquals(1, closed(Batcher.Reason.SIZE));
        for (int i = 0; i < 3; i++) {
            offer(900);
        }
        entries.add(consensus.next());
        assertEquals(2, entries.getLast().commands(), "as many as fit");
        assertEquals(1, closed(Batcher.Reason.BYTES));
        assertNothingComes();
        entries.forEach(FakeConsensus.Proposed::agree);
        FakeConsensus.Proposed rest = consensus.next();
        assertEquals(1, rest.commands());
        rest.agree();
    }

    @Test
    void onlySoManyEntriesAreInFlight() throws Exception {
        start(new BatchLimits(true, 2, 1 << 20, Duration.ofMillis(1), 3, 1 << 20));
        for (int i = 0; i < 12; i++) {
            offer(1);
        }
        List<FakeConsensus.Proposed> inFlight = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            inFlight.add(consensus.next());
        }
        assertNothingComes();
        inFlight.removeFirst().agree();
        inFlight.add(consensus.next());
        assertNothingComes();
        inFlight.forEach(FakeConsensus.Proposed::agree);
    }

    @Test
    void onlySoManyBytesAreInFlight() throws Exception {
        start(new BatchLimits(true, 1, 1 << 20, Duration.ofMillis(1), 100, 1000));
        for (int i = 0; i < 6; i++) {
            offer(600);
        }
        List<FakeConsensus.Proposed> inFlight = new ArrayList<>();
        inFlight.add(consensus.next());
        inFlight.add(consensus.next());
        assertNothingComes();
        inFlight.forEach(FakeConsensus.Proposed::agree);
    }

    @Test
    void switchedOffEveryCommandIsAnEntryOfItsOwn() throws Exception {
        start(new BatchLimits(false, 100, 1 << 20, LONG, 8, 1 << 20));
        for (int i = 0; i < 4; i++) {
            offer(1);
        }
        List<FakeConsensus.Proposed> entries = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            entries.add(consensus.next());
            assertEquals(1, entries.getLast().commands());
            assertEquals(1, entries.getLast().encoded().size());
        }
        entries.forEach(FakeConsensus.Proposed::agree);
    }

    @Test
    void aFailedEntryGivesBackItsRoomAndFailsItsCallers() throws Exception {
        start(new BatchLimits(true, 100, 1 << 20, LONG, 8, 1 << 20));
        Callers.Call call = offer(1);
        consensus.next().pending().failed(new Unavailable.LeaderChanged());
        ExecutionException failure =
                assertThrows(ExecutionException.class, () -> call.end().get(10, TimeUnit.SECONDS));
        assertInstanceOf(Unavailable.LeaderChanged.class, failure.getCause());
        assertEquals(0, queue.depth().outstanding());
        offer(1);
        consensus.next().agree();
    }

    /// Without it nothing is proposed any more: callers would wait out their time, each of them.
    @Test
    void aBatcherThatFailsStopsTheMember() throws Exception {
        consensus.failure = new IllegalStateException("Node is shutting down");
        start(new BatchLimits(true, 100, 1 << 20, LONG, 8, 1 << 20));
        Callers.Call call = offer(1);
        assertEquals(
                "thread batcher failed with java.lang.IllegalStateException: Node is shutting down",
                fault.get(10, TimeUnit.SECONDS));
        // Nobody else ends what the batcher had taken.
        call.proposal().fail(new Unavailable.Stopping());
        queue.release(1, call.proposal().bytes());
    }

    /// Batches grow by themselves under load.
    @Test
    void aThousandCallersShareEntries() throws Exception {
        start(new BatchLimits(true, 100, 256 << 10, Duration.ofMillis(1), 8, 4 << 20));
        AtomicInteger entries = new AtomicInteger();
        AtomicInteger commands = new AtomicInteger();
        Thread disk = Thread.ofPlatform().start(() -> agreeOneByOne(entries, commands));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> callers = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                callers.add(threads.submit(() -> {
                    for (int put = 0; put < 50; put++) {
                        offer(100).end().get(60, TimeUnit.SECONDS);
                    }
                    return null;
                }));
            }
            for (Future<?> caller : callers) {
                caller.get(60, TimeUnit.SECONDS);
            }
        }
        disk.interrupt();
        disk.join();
        assertEquals(50_000, commands.get());
        double mean = (double) commands.get() / entries.get();
        System.out.println("mean batch of 1,000 callers: " + mean);
        assertTrue(mean >= 50, () -> "a mean of " + mean);
    }

    /// A disk that takes a millisecond for each write.
    private void agreeOneByOne(AtomicInteger entries, AtomicInteger commands) {
        try {
            while (true) {
                FakeConsensus.Proposed next = consensus.proposed.take();
                TimeUnit.MILLISECONDS.sleep(1);
                entries.incrementAndGet();
                commands.addAndGet(next.commands());
                next.agree();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
