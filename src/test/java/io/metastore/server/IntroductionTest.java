package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.metastore.Eventually;
import io.metastore.cluster.Incarnation;
import io.metastore.cluster.Members;
import io.metastore.consensus.Consensus;
import io.metastore.consensus.ProposalQueue;
import io.metastore.engine.memory.MemoryEngine;
import io.metastore.machine.Command;
import io.metastore.service.Proposals;
import io.metastore.service.RequestMetrics;
import io.metastore.service.SlowRequests;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A member whose cluster knows it with other data gives up, whether it hears of a leader before or not.
@Timeout(30)
class IntroductionTest {
    private static final String WHY = "its data was lost";

    private final Introduction introduction = new Introduction();
    /// Nobody takes what waits in it: no leader is reached.
    private final ProposalQueue queue = new ProposalQueue(new ProposalQueue.Limits(10, 1 << 20));
    private final Members nobody = new Members(new MemoryEngine(1).snapshot());
    private final BlockingQueue<Throwable> ends = new LinkedBlockingQueue<>();

    private void begin() {
        Consensus consensus = (Consensus) Proxy.newProxyInstance(
                Consensus.class.getClassLoader(), new Class<?>[] {Consensus.class}, (_, _, _) -> 0L);
        Thread.ofVirtual().start(() -> {
            try {
                introduction.run(
                        new Proposals(
                                queue, new RequestMetrics(new SlowRequests(Duration.ZERO, Duration.ZERO, _ -> {}))),
                        consensus,
                        () -> nobody,
                        new Command.ClusterStart(List.of()),
                        new Command.MemberPublish(7, "m", List.of(), Incarnation.UNKNOWN, 1),
                        false);
            } catch (Throwable end) {
                ends.add(end);
            }
        });
    }

    private void givesUp() throws InterruptedException {
        StartFailure failure = assertInstanceOf(StartFailure.class, ends.poll(20, TimeUnit.SECONDS));
        assertEquals(ExitStatus.FOREIGN, failure.status());
        assertEquals(WHY, failure.getMessage());
    }

    @Test
    void beforeALeaderIsKnown() throws InterruptedException {
        begin();
        introduction.disowned(WHY);
        givesUp();
    }

    @Test
    void afterOneHasSaidThatItLeads() throws InterruptedException {
        introduction.leaderKnown();
        begin();
        Eventually.holds("it is proposed", () -> queue.depth().waiting() == 1);
        introduction.disowned(WHY);
        queue.timeOut(0);
        givesUp();
    }
}
