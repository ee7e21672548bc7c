package io.metastore.consensus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ReadBarrierTest {
    private final FakeConsensus consensus = new FakeConsensus();
    private final ReadBarrier barrier = new ReadBarrier(consensus, Runnable::run);
    private final List<String> passed = new ArrayList<>();
    private final List<Unavailable> failed = new ArrayList<>();

    private ReadBarrier.Waiter waiter(String name) {
        return new ReadBarrier.Waiter() {
            @Override
            public void pass() {
                passed.add(name);
            }

            @Override
            public void fail(Unavailable reason) {
                failed.add(reason);
            }
        };
    }

    @Test
    void aRoundUnderWayIsJoinedByNobody() {
        barrier.await(waiter("first"));
        Consensus.BarrierCaller one = consensus.barriers.remove();
        barrier.await(waiter("second"));
        barrier.await(waiter("third"));
        assertEquals(0, consensus.barriers.size(), "one round at a time");
        one.passed();
        assertEquals(List.of("first"), passed);
        Consensus.BarrierCaller two = consensus.barriers.remove();
        two.passed();
        assertEquals(List.of("first", "second", "third"), passed);
        assertEquals(2, barrier.rounds());
        assertEquals(0, consensus.barriers.size(), "nobody waits");
        barrier.await(waiter("fourth"));
        assertNotNull(consensus.barriers.remove());
    }

    /// A leader that is lost costs its readers time, not an error: they go on with the next one, together with those
    /// who
    /// came meanwhile.
    @Test
    void aRoundThatFailsForWantOfALeaderIsHeldOnceMore() {
        barrier.await(waiter("first"));
        Consensus.BarrierCaller one = consensus.barriers.remove();
        barrier.await(waiter("second"));
        one.failed(new Unavailable.NoLeader());
        barrier.retry(TimeUnit.HOURS.toNanos(1));
        consensus.barriers.remove().failed(new Unavailable.LeaderChanged());
        barrier.retry(TimeUnit.HOURS.toNanos(1));
        consensus.barriers.remove().passed();
        assertEquals(List.of("first", "second"), passed);
        assertEquals(List.of(), failed);
        assertEquals(2, barrier.failed());
        assertEquals(0, barrier.late());
    }

    @Test
    void aRoundOfAMemberThatStopsFailsItsReaders() {
        barrier.await(waiter("first"));
        consensus.barriers.remove().failed(new Unavailable.Stopping());
        assertInstanceOf(Unavailable.Stopping.class, failed.getFirst());
    }

    @Test
    void aRoundThatDoesNotEndIsHeldOnceMoreAndEndsNothingAnyMore() {
        barrier.await(waiter("first"));
        Consensus.BarrierCaller lost = consensus.barriers.remove();
        barrier.await(waiter("second"));
        barrier.retry(TimeUnit.HOURS.toNanos(1));
        assertEquals(0, consensus.barriers.size(), "it has not taken an hour");
        barrier.retry(0);
        lost.passed();
        lost.failed(new Unavailable.Stopping());
        assertEquals(List.of(), passed, "it may have begun before the second came");
        consensus.barriers.remove().passed();
        assertEquals(List.of("first", "second"), passed);
        assertEquals(List.of(), failed);
    }

    @Test
    void aReadGivesUpAfterItsOwnTimeLimit() {
        barrier.await(waiter("first"));
        Consensus.BarrierCaller slow = consensus.barriers.remove();
        barrier.await(waiter("second"));
        barrier.timeOut(TimeUnit.HOURS.toNanos(1));
        assertEquals(0, failed.size(), "nobody has waited an hour");
        barrier.timeOut(0);
        assertEquals(2, failed.size());
        assertInstanceOf(Unavailable.TimedOut.class, failed.getFirst());
        assertEquals(2, barrier.late());
        slow.passed();
        assertEquals(List.of(), passed);
        assertEquals(0, barrier.failed(), "what was given up does not fail once more");
        barrier.await(waiter("third"));
        consensus.barriers.remove().passed();
        assertEquals(List.of("third"), passed);
    }

    /// Every read sees what was agreed before it arrived: the applied index is read only when its round begins
    /// or later.
    @Test
    void noReadPassesByARoundThatBeganBeforeIt() throws Exception {
        AtomicLong agreed = new AtomicLong();
        AtomicLong early = new AtomicLong();
        int readers = 2000;
        CountDownLatch done = new CountDownLatch(readers);
        FakeConsensus rounds = new FakeConsensus();
        ReadBarrier shared = new ReadBarrier(rounds, Runnable::run);
        AtomicLong seen = new AtomicLong();
        Thread raft = Thread.ofPlatform().start(() -> {
            try {
                while (true) {
                    Consensus.BarrierCaller round = rounds.barriers.take();
                    // What a round vouches for is what was agreed when it began.
                    seen.set(agreed.get());
                    round.passed();
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < readers; i++) {
                threads.execute(() -> {
                    long mine = agreed.incrementAndGet();
                    shared.await(new ReadBarrier.Waiter() {
                        @Override
                        public void pass() {
                            if (seen.get() < mine) {
                                early.incrementAndGet();
                            }
                            done.countDown();
                        }

                        @Override
                        public void fail(Unavailable reason) {
                            throw new AssertionError(reason);
                        }
                    });
                });
            }
            assertTrue(done.await(30, TimeUnit.SECONDS));
        }
        raft.interrupt();
        raft.join();
        assertEquals(0, early.get());
        assertTrue(shared.rounds() <= readers);
    }
}
