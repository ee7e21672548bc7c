package io.metastore.consensus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.machine.Command;
import io.metastore.machine.Outcome;
import io.metastore.machine.Result;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProposalQueueTest {
    private static final int CALLERS = 5000;
    private static final ProposalQueue.Limits LIMITS = new ProposalQueue.Limits(1000, 256 << 10);

    private final Set<String> applied = ConcurrentHashMap.newKeySet();
    private final Set<String> refused = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final AtomicLong mostBytes = new AtomicLong();

    /// Queued and in flight together never pass the limits, and what was refused is never applied.
    @Test
    void limitsHoldUnderFiveThousandCallers() throws Exception {
        ProposalQueue queue = new ProposalQueue(LIMITS);
        FakeConsensus consensus = new FakeConsensus();
        Batcher batcher = new Batcher(
                queue,
                new BatchLimits(true, 100, 32 << 10, Duration.ofMillis(1), 8, 128 << 10),
                consensus,
                new ConsensusMetrics(new SimpleMeterRegistry()),
                (what, cause) -> {
                    throw new AssertionError(what, cause);
                });
        batcher.start();
        Thread agreeing = Thread.ofPlatform().start(() -> agree(consensus, queue));
        List<Future<?>> callers = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < CALLERS; i++) {
                int caller = i;
                callers.add(threads.submit(() -> {
                    call(queue, caller);
                    return null;
                }));
            }
            for (Future<?> caller : callers) {
                caller.get(60, TimeUnit.SECONDS);
            }
        }
        batcher.stop(Duration.ofMinutes(1));
        agreeing.interrupt();
        agreeing.join();
        assertTrue(most.get() <= LIMITS.commands(), () -> most + " commands were outstanding");
        assertTrue(mostBytes.get() <= LIMITS.bytes(), () -> mostBytes + " bytes were outstanding");
        assertTrue(most.get() > 0 && !refused.isEmpty(), "the limits were never reached");
        assertEquals(accepted.get(), applied.size());
        refused.retainAll(applied);
        assertEquals(Set.of(), refused, "refused and applied all the same");
        assertEquals(0, queue.depth().outstanding());
        assertEquals(0, queue.depth().bytes());
    }

    private void agree(FakeConsensus consensus, ProposalQueue queue) {
        try {
            while (true) {
                FakeConsensus.Proposed next = consensus.proposed.take();
                look(queue);
                for (Command<?> command : next.pending().commands()) {
                    applied.add(((Command.Put) command).key().toString());
                }
                next.agree();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(ProposalQueue queue) {
        ProposalQueue.Depth depth = queue.depth();
        most.accumulateAndGet(depth.outstanding(), Math::max);
        mostBytes.accumulateAndGet(depth.bytes(), Math::max);
    }

    private void call(ProposalQueue queue, int caller) throws Exception {
        Random random = new Random(caller);
        for (int i = 0; i < 20; i++) {
            String key = caller + "-" + i;
            Callers.Call call = Callers.put(key, random.nextInt(600));
            try {
                queue.offer(call.proposal());
            } catch (Unavailable.QueueFull full) {
                assertFalse(full.mayHaveApplied());
                refused.add(key);
                continue;
            }
            look(queue);
            accepted.incrementAndGet();
            call.end().get(60, TimeUnit.SECONDS);
        }
    }

    /// Each limit for itself, far below the other.
    @Test
    void isFullByNumberAndByBytes() {
        ProposalQueue byNumber = new ProposalQueue(new ProposalQueue.Limits(3, 1 << 20));
        for (int i = 0; i < 3; i++) {
            byNumber.offer(Callers.put("key", 1).proposal());
        }
        assertThrows(
                Unavailable.QueueFull.class,
                () -> byNumber.offer(Callers.put("key", 1).proposal()));
        ProposalQueue byBytes = new ProposalQueue(new ProposalQueue.Limits(1000, 1000));
        byBytes.offer(Callers.put("key", 600).proposal());
        assertThrows(
                Unavailable.QueueFull.class,
                () -> byBytes.offer(Callers.put("key", 600).proposal()));
        assertEquals(1, byBytes.depth().outstanding());
    }

    @Test
    void anEmptyQueueTakesOneCommandLargerThanItsLimit() {
        ProposalQueue queue = new ProposalQueue(new ProposalQueue.Limits(10, 100));
        Callers.Call large = Callers.put("large", 1000);
        queue.offer(large.proposal());
        assertThrows(
                Unavailable.QueueFull.class,
                () -> queue.offer(Callers.put("small", 1).proposal()));
        assertEquals(1, queue.depth().refused());
        queue.release(1, queue.depth().bytes());
        assertEquals(new ProposalQueue.Depth(1, 0, 0, 1), queue.depth());
    }

    /// A caller that has waited too long for what a leader may have is told so; its proposal goes on and keeps its
    /// room.
    @Test
    void lateCallersFailWhileTheirProposalsGoOn() throws Exception {
        ProposalQueue queue = new ProposalQueue(LIMITS);
        Callers.Call call = Callers.put("late", 1);
        queue.offer(call.proposal());
        assertEquals(List.of(call.proposal()), queue.take(_ -> 0, 10, 1000));
        call.proposal().handed(true);
        queue.timeOut(TimeUnit.HOURS.toNanos(1));
        assertFalse(call.end().isDone());
        queue.timeOut(0);
        assertTrue(failure(call, Unavailable.TimedOut.class).mayHaveApplied());
        assertEquals(1, queue.depth().outstanding());
        call.proposal().end(null, 0, 0, System.nanoTime());
    }

    private static <T extends Unavailable> T failure(Callers.Call call, Class<T> type) {
        return assertInstanceOf(
                type,
                assertThrows(ExecutionException.class, () -> call.end().get()).getCause());
    }

    /// What is late and has gone to no leader goes to none any more, and leaves room for others.
    @Test
    void lateProposalsThatNoLeaderHasArePassedOver() throws Exception {
        ProposalQueue queue = new ProposalQueue(LIMITS);
        Callers.Call late = Callers.put("late", 1);
        queue.offer(late.proposal());
        queue.timeOut(0);
        failure(late, Unavailable.NotTaken.class);
        Callers.Call next = Callers.put("next", 1);
        queue.offer(next.proposal());
        assertEquals(List.of(next.proposal()), queue.take(_ -> 0, 10, 1000));
        assertEquals(1, queue.depth().outstanding());
        queue.release(1, next.proposal().bytes());
        assertEquals(new ProposalQueue.Depth(0, 0, 0, 0), queue.depth());
    }

    @Test
    void proposalsForOneTermShareNoEntryWithOthers() throws Exception {
        ProposalQueue queue = new ProposalQueue(LIMITS);
        List<Proposal> offered = new ArrayList<>();
        for (long term : new long[] {0, 0, 7, 7, 8, 0}) {
            Callers.Call call = Callers.put("key", 1);
            Proposal proposal = new Proposal(
                    call.proposal().command(),
                    call.proposal().encoded(),
                    new Proposal.Caller() {
                        @Override
                        public void ended(Outcome<? extends Result> outcome) {
                            throw new AssertionError("nobody ends it");
                        }

                        @Override
                        public void failed(Unavailable reason) {
                            throw new AssertionError("nobody ends it");
                        }
                    },
                    term);
            offered.add(proposal);
            queue.offer(proposal);
        }
        assertEquals(offered.subList(0, 2), queue.take(_ -> 0, 10, 1000));
        assertEquals(offered.subList(2, 4), queue.take(_ -> 0, 10, 1000));
        assertEquals(offered.subList(4, 5), queue.take(_ -> 0, 10, 1000));
        assertEquals(offered.subList(5, 6), queue.take(_ -> 0, 10, 1000));
    }

    @Test
    void aClosedQueueRefusesAndIsDrained() throws InterruptedException {
        ProposalQueue queue = new ProposalQueue(LIMITS);
        Callers.Call call = Callers.put("before", 1);
        queue.offer(call.proposal());
        queue.close();
        assertThrows(
                Unavailable.Stopping.class,
                () -> queue.offer(Callers.put("after", 1).proposal()));
        assertEquals(1, queue.take(_ -> 0, 10, 1000).size());
        assertEquals(List.of(), queue.take(_ -> 0, 10, 1000));
    }
}
