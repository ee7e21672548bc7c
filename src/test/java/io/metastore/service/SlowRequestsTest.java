package io.metastore.service;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.metastore.auth.Principal;
import io.metastore.consensus.Proposal;
import io.metastore.machine.Command;
import io.metastore.mvcc.RangeQuery;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SlowRequestsTest {
    private static final long MILLI = 1_000_000;
    private static final Command.Put PUT =
            new Command.Put(Bytes.utf8("app/a"), Bytes.utf8("a value"), 0, false, false, false);

    private final List<String> lines = new ArrayList<>();
    private final SlowRequests slow = new SlowRequests(Duration.ofMillis(300), Duration.ofMillis(100), lines::add);

    private static Proposal.Times times(long queued, long agreed, long applied) {
        return new Proposal.Times(queued * MILLI, agreed * MILLI, applied * MILLI);
    }

    @Test
    void aSlowWriteSaysWhereItsTimeWent() {
        slow.wrote(PUT, times(100, 100, 100), true);
        assertEquals(List.of(), lines);
        slow.wrote(PUT, times(2, 480, 30), true);
        assertEquals(
                List.of("slow write: Put of app/a took 512.0 ms: 2.0 ms in the queue, 480.0 ms until it was agreed on,"
                        + " 30.0 ms to apply and write"),
                lines);
    }

    /// A store that is slow would else be slowed down by its log.
    @Test
    void manySlowOnesHaveOneLine() {
        for (int i = 0; i < 1_000; i++) {
            slow.wrote(PUT, times(400, 0, 0), true);
            slow.read(RangeQuery.all(KeyRange.single(Bytes.utf8("k"))), 300 * MILLI, 50 * MILLI);
            slow.applied(7, 150 * MILLI);
        }
        assertEquals(3, lines.size(), lines::toString);
        assertEquals("slow range: k took 350.0 ms: 300.0 ms until it could be read, 50.0 ms to read", lines.get(1));
        assertEquals("slow apply: 7 commands took 150.0 ms to apply and write together", lines.get(2));
    }

    @Test
    void whoAsksChangesNothingAboutTheLine() {
        slow.wrote(new Command.As<>(new Principal("u", 3), PUT), times(0, 301, 0), false);
        assertEquals(List.of("slow write: Put of app/a took 301.0 ms and failed"), lines);
    }

    @Test
    void noLimitMeansNoLines() {
        SlowRequests off = new SlowRequests(Duration.ZERO, Duration.ofMillis(-1), lines::add);
        off.wrote(PUT, times(100_000, 0, 0), true);
        off.applied(1, Long.MAX_VALUE);
        assertEquals(List.of(), lines);
    }
}
