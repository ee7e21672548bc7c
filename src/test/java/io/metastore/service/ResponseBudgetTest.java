package io.metastore.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResponseBudgetTest {
    private static final long MIB = 1 << 20;
    private static final long BYTES = 64 * MIB;

    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final List<String> cancelled = new ArrayList<>();
    private final List<String> ran = new ArrayList<>();
    private final ResponseBudget budget = new ResponseBudget(BYTES, Duration.ZERO, 2, tasks::add);

    private ResponseShare share(String name) {
        return budget.share(() -> cancelled.add(name));
    }

    private void runAll() {
        while (!tasks.isEmpty()) {
            tasks.poll().run();
        }
    }

    private void assertUsed(long bytes) {
        assertEquals(bytes, budget.figures().used());
    }

    @Test
    void largeReadsGoInTheOrderInWhichTheyCame() {
        ResponseShare a = share("a");
        ResponseShare b = share("b");
        ResponseShare c = share("c");
        ResponseShare d = share("d");
        budget.await(a, 40 * MIB, false, () -> ran.add("a"));
        budget.await(b, 40 * MIB, false, () -> ran.add("b"));
        budget.await(c, MIB, false, () -> ran.add("c"));
        budget.await(d, MIB, false, () -> ran.add("d"));
        runAll();
        // c and d would fit, but it is not their turn.
        assertEquals(List.of("a"), ran);
        assertEquals(3, budget.figures().waiting());
        a.end();
        runAll();
        assertEquals(List.of("a", "b", "c", "d"), ran);
        assertUsed(42 * MIB);
        List.of(b, c, d).forEach(ResponseShare::end);
        assertUsed(0);
    }

    @Test
    void noMoreThanTheBuildersReadAtOnce() {
        for (int i = 0; i < 5; i++) {
            budget.await(share("share"), MIB, false, () -> {});
        }
        assertEquals(2, tasks.size());
        tasks.poll().run();
        assertEquals(2, tasks.size());
        runAll();
        assertUsed(5 * MIB);
    }

    @Test
    void aCallThatEndsLeavesTheQueue() {
        ResponseShare a = share("a");
        ResponseShare b = share("b");
        ResponseShare c = share("c");
        budget.await(a, BYTES, false, () -> ran.add("a"));
        budget.await(b, BYTES, false, () -> ran.add("b"));
        budget.await(c, BYTES, false, () -> ran.add("c"));
        b.end();
        runAll();
        a.end();
        runAll();
        assertEquals(List.of("a", "c"), ran);
        c.end();
        // Who comes after its end is not even queued.
        budget.await(b, MIB, false, () -> ran.add("late"));
        runAll();
        assertEquals(List.of("a", "c"), ran);
        assertUsed(0);
    }

    @Test
    void smallerReadsHaveAReserveThatLargeOnesCannotTake() {
        ResponseShare large = share("large");
        ResponseShare next = share("next");
        budget.await(large, BYTES, false, () -> {});
        budget.await(next, BYTES, false, () -> ran.add("next"));
        runAll();
        // An eighth: two of 4 MiB.
        ResponseShare page = share("page");
        assertTrue(budget.takeInPlace(page, MIB));
        assertTrue(budget.takeInPlace(page, 4 * MIB));
        assertTrue(budget.takeInPlace(share("page"), 4 * MIB));
        assertFalse(budget.takeInPlace(share("page"), MIB));
        assertUsed(BYTES + 8 * MIB);
        page.end();
        assertTrue(budget.takeInPlace(share("page"), MIB));
        // The reserve is not in the way of the one that needs everything.
        large.end();
        runAll();
        assertEquals(List.of("next"), ran);
        next.end();
        assertUsed(5 * MIB);
    }

    @Test
    void nothingPassesBySmallReadsOfWhatIsLarge() {
        assertFalse(budget.takeInPlace(share("large"), 4 * MIB + 1));
        assertUsed(0);
    }

    @Test
    void aReadWhosePartWasTooSmallGivesItBackAndGoesFirst() {
        ResponseShare a = share("a");
        ResponseShare b = share("b");
        ResponseShare c = share("c");
        budget.await(a, 30 * MIB, false, () -> {
            assertFalse(budget.extend(a, 40 * MIB));
            budget.await(a, BYTES, true, () -> ran.add("a again"));
        });
        budget.await(b, 30 * MIB, false, () -> ran.add("b"));
        budget.await(c, 30 * MIB, false, () -> ran.add("c"));
        runAll();
        assertEquals(List.of("b"), ran);
        b.end();
        runAll();
        assertEquals(List.of("b", "a again"), ran);
        a.end();
        runAll();
        assertEquals(List.of("b", "a again", "c"), ran);
        c.end();
        assertUsed(0);
    }

    @Test
    void whatIsSentCountsWithItsSizeUntilTheCallEnds() {
        ResponseShare a = share("a");
        budget.await(a, 30 * MIB, false, () -> {});
        runAll();
        budget.sending(a, 10 * MIB);
        assertUsed(10 * MIB);
        budget.left(a);
        assertUsed(0);
        budget.sending(a, 10 * MIB);
        a.end();
        a.end();
        assertUsed(0);
    }

    @Test
    void whatAWriteAnswersMayOverdrawTheBudgetAndLargeReadsWaitForIt() {
        ResponseShare write = share("write");
        budget.sending(write, BYTES + MIB);
        assertTrue(budget.isOverdrawn());
        budget.await(share("read"), MIB, false, () -> ran.add("read"));
        runAll();
        assertEquals(List.of(), ran);
        write.end();
        runAll();
        assertEquals(List.of("read"), ran);
        assertFalse(budget.isOverdrawn());
    }

    @Test
    void callsWhoseClientsDoNotReadAreCancelledOnce() {
        ResponseShare slow = share("slow");
        ResponseShare quick = share("quick");
        ResponseShare reading = share("reading");
        budget.sending(slow, MIB);
        budget.sending(quick, MIB);
        budget.await(reading, MIB, false, () -> {});
        quick.end();
        budget.cutStalled();
        budget.cutStalled();
        assertEquals(List.of("slow"), cancelled);
        assertEquals(1, budget.figures().cut());
        // Its memory is free when the transport says so.
        assertUsed(2 * MIB);
        slow.end();
        assertUsed(MIB);
    }
}
