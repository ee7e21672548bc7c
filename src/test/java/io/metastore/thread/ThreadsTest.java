package io.metastore.thread;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ThreadsTest {
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();

    private void halt(String what, Throwable cause) {
        told.add(what + ": " + cause.getMessage());
    }

    private void assertTold(String expected) throws InterruptedException {
        assertEquals(expected, told.poll(20, TimeUnit.SECONDS));
    }

    private static void fail(String message) {
        throw new AssertionError(message);
    }

    @Test
    void whatLeavesAThreadStopsTheMember() throws Exception {
        Threads.unstarted("one", () -> fail("gone"), this::halt).start();
        assertTold("thread one failed with java.lang.AssertionError: gone");
    }

    @Test
    void aThreadThatEndsByItselfStopsNothing() throws Exception {
        Thread thread = Threads.unstarted("one", () -> {}, this::halt);
        thread.start();
        thread.join();
        assertTrue(told.isEmpty());
    }

    /// An orderly stop lets a clock finish what it is at, a file that it writes for one, and nothing else.
    @Test
    void aClockThatIsToEndIsWaitedForNoLongerThanForWhatItDoes() throws Exception {
        ScheduledExecutorService clock = Threads.clock("some", this::halt);
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        var _ = clock.schedule(() -> fail("later"), 1, TimeUnit.HOURS);
        clock.execute(() -> {
            begun.countDown();
            try {
                go.await();
                done.countDown();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        begun.await();
        clock.shutdown();
        go.countDown();
        assertTrue(clock.awaitTermination(20, TimeUnit.SECONDS), "it waits for what is due in an hour");
        assertEquals(0, done.getCount());
        assertTrue(told.isEmpty(), told::toString);
    }

    @Test
    void whatLeavesATaskOfAPoolStopsTheMember() throws Exception {
        try (ThreadPoolExecutor pool = Threads.pool("some", 2, new LinkedBlockingQueue<>(), this::halt)) {
            pool.execute(() -> fail("executed"));
            assertTold("thread some failed with java.lang.AssertionError: executed");
            // Java keeps it in a future, as it does for the tasks of JRaft, which asks none of them.
            pool.submit(() -> fail("submitted"));
            assertTold("thread some failed with java.lang.AssertionError: submitted");
            pool.submit(() -> {
                throw new java.io.IOException("called");
            });
            assertTold("thread some failed with java.io.IOException: called");
            pool.submit(() -> {}).get();
        }
        assertTrue(told.isEmpty());
    }

    /// Java cancels all later turns when one throws, and tells nobody.
    @Test
    void aTurnThatThrowsStopsTheMember() throws Exception {
        try (ScheduledExecutorService clock = Threads.clock("tick", this::halt)) {
            CountDownLatch turns = new CountDownLatch(3);
            clock.scheduleAtFixedRate(turns::countDown, 0, 1, TimeUnit.MILLISECONDS);
            turns.await();
            assertTrue(told.isEmpty());
            clock.scheduleWithFixedDelay(() -> fail("turn"), 0, 1, TimeUnit.MILLISECONDS);
            assertTold("thread tick failed with java.lang.AssertionError: turn");
            clock.schedule(() -> fail("once"), 1, TimeUnit.MILLISECONDS);
            assertTold("thread tick failed with java.lang.AssertionError: once");
            // Turns that are cancelled at a stop have not failed.
            clock.shutdownNow();
        }
        assertTrue(told.isEmpty());
    }

    @Test
    void threadsOfLibrariesAndThoseWithoutAnotherWayOutEndInTheProgramsHandler() throws Exception {
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        try {
            Threads.haltOnUncaught(this::halt);
            Thread.ofPlatform().name("library").start(() -> fail("uncaught"));
            assertTold("thread library failed with java.lang.AssertionError: uncaught");
            try (ThreadPoolExecutor pool = Threads.pool("some", 1, new LinkedBlockingQueue<>(), Threads.UNCAUGHT)) {
                pool.submit(() -> fail("submitted"));
                assertTold("thread some failed with java.lang.AssertionError: submitted");
            }
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
        assertTrue(told.isEmpty());
    }
}
