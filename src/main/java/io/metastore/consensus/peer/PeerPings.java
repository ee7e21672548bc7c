package io.metastore.consensus.peer;

import io.metastore.thread.Threads;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// Asks each other member for a sign of life, once a second.
///
/// So the round trip to each is known, that between two who follow, too, who else have nothing to say to each
/// other; and the connections that an election needs are there before it comes. Each asks what it wants to know
/// of the others with it.
public final class PeerPings implements AutoCloseable {
    private static final Duration PERIOD = Duration.ofSeconds(1);
    /// As long as etcd waits for anything to come over a connection.
    private static final Duration ANSWER_MAX = Duration.ofSeconds(5);

    private final long self;
    private final PeerTable table;
    private final Peers peers;
    private final PeerDispatch dispatch;
    private final PeerMetrics metrics;
    private final ScheduledExecutorService clock;

    /// @param self id of this member, which is not asked
    /// @param dispatch knows what is asked, and who is told the answers
    public PeerPings(
            long self, PeerTable table, Peers peers, PeerDispatch dispatch, PeerMetrics metrics, Threads.Halt faults) {
        this.self = self;
        this.table = table;
        this.peers = peers;
        this.dispatch = dispatch;
        this.metrics = metrics;
        this.clock = Threads.clock("peer-pings", faults);
    }

    public void start() {
        clock.scheduleWithFixedDelay(this::askAll, 0, PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// Asks each other member once. Any thread.
    public void askAll() {
        PeerMessage sign =
                new PeerMessage(PeerMessage.Kinds.PING, dispatch.sign().asks());
        for (long member : table.members().keySet()) {
            if (member != self) {
                ask(member, sign);
            }
        }
    }

    private void ask(long member, PeerMessage sign) {
        PeerMetrics.Counts counts = metrics.of(member);
        long asked = System.nanoTime();
        peers.call(
                member,
                Lane.CONTROL,
                sign,
                new Peers.Reply() {
                    @Override
                    public void answered(PeerMessage answer) {
                        counts.roundTrip(System.nanoTime() - asked);
                        dispatch.sign().heard(member, answer.body());
                    }

                    @Override
                    public void failed(PeerFailure why) {
                        // The transport counts and says it.
                    }
                },
                ANSWER_MAX);
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
