package io.metastore.server;

import io.metastore.cluster.Alarm;
import io.metastore.cluster.Identity;
import io.metastore.consensus.Consensus;
import io.metastore.consensus.Faults;
import io.metastore.machine.Command;
import io.metastore.machine.Replicas;
import io.metastore.service.Divergence;
import io.metastore.service.Proposals;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/// What ends a member whose state is not that of the others.
final class StateChecks {
    private static final Logger LOG = Logger.getLogger(StateChecks.class);

    /// How long the others have to hear of it.
    private static final Duration LAST_WORDS = Duration.ofMillis(300);

    private StateChecks() {}

    /// Compares the running hashes. A member that is wrong ends within a moment, and does not start again on
    /// its data.
    ///
    /// @param clock marks the data and speaks to the others: what is told of it may not wait for a disk
    static Divergence of(
            Identity identity,
            Replicas replicas,
            Consensus consensus,
            Proposals proposals,
            PeerPorts peers,
            ScheduledExecutorService clock,
            DataDirectory directory,
            Faults faults,
            MeterRegistry registry) {
        Divergence divergence = new Divergence(
                identity.memberId(),
                () -> replicas.get().machine().hashes(),
                () -> replicas.get().members(),
                () -> replicas.get().alarms(),
                () -> consensus.leadership().isLeader(),
                alarm -> raise(alarm, proposals),
                why -> {
                    Runnable end = () -> end(why, peers, clock, directory, faults);
                    try {
                        clock.execute(end);
                    } catch (RejectedExecutionException stopping) {
                        // The mark must be there at the next start all the same.
                        end.run();
                    }
                });
        Gauge.builder("metastore.members.diverged", divergence, Divergence::differing)
                .description("Other members whose state is known to differ from this member's")
                .register(registry);
        return divergence;
    }

    private static void raise(Alarm alarm, Proposals proposals) {
        proposals
                .propose(new Command.AlarmChange(true, alarm))
                .subscribe()
                .with(
                        _ -> LOG.errorf("alarm CORRUPT is raised for member %x", alarm.memberId()),
                        failure -> LOG.warnf(
                                "alarm CORRUPT for member %x cannot be raised now: %s", alarm.memberId(), failure));
    }

    private static void end(
            String why, PeerPorts peers, ScheduledExecutorService clock, DataDirectory directory, Faults faults) {
        String said = why + ": it ends, and its data is not to be used any more";
        try {
            directory.markDiverged(why);
            // The others name it once they know, too, and it may be the first that does.
            peers.sayNow();
            clock.schedule(() -> faults.halt(said, null), LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
        } catch (IOException | RuntimeException failure) {
            faults.halt(said + "; not all could be done that was to be done before", failure);
        }
    }
}
