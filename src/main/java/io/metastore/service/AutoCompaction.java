package io.metastore.service;

import io.metastore.consensus.Consensus;
import io.metastore.machine.Command;
import io.metastore.machine.Outcome;
import io.metastore.mvcc.Views;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/// Compacts by itself, where this member leads: keeping a number of revisions (CMP-14) or a span of time
/// (CMP-13).
public final class AutoCompaction {
    private static final Logger LOG = Logger.getLogger(AutoCompaction.class);
    private static final Duration BY_REVISION_INTERVAL = Duration.ofMinutes(5);
    private static final Duration LONGEST_INTERVAL = Duration.ofHours(1);
    private static final int SAMPLES_PER_INTERVAL = 10;

    private final Views views;
    private final Consensus consensus;
    private final Proposals proposals;
    private final CompactionLoop loop;

    public AutoCompaction(Views views, Consensus consensus, Proposals proposals, CompactionLoop loop) {
        this.views = views;
        this.consensus = consensus;
        this.proposals = proposals;
        this.loop = loop;
    }

    /// Keeps the newest `revisions`, looking every five minutes.
    public void keepRevisions(long revisions, ScheduledExecutorService clock) {
        long interval = BY_REVISION_INTERVAL.toMillis();
        clock.scheduleAtFixedRate(
                () -> compactTo(views.state().revision() - revisions), interval, interval, TimeUnit.MILLISECONDS);
    }

    /// Keeps what is younger than `period`: samples the revision ten times per interval, and compacts each
    /// interval, the first time after a whole period, to the revision of one period ago.
    public void keepPeriod(Duration period, ScheduledExecutorService clock) {
        Duration interval = period.compareTo(LONGEST_INTERVAL) < 0 ? period : LONGEST_INTERVAL;
        long sampleMs = Math.max(1, interval.toMillis() / SAMPLES_PER_INTERVAL);
        int kept = (int) Math.max(1, period.toMillis() / sampleMs);
        clock.scheduleAtFixedRate(new Periodic(kept), sampleMs, sampleMs, TimeUnit.MILLISECONDS);
    }

    private final class Periodic implements Runnable {
        private final Deque<Long> revisions = new ArrayDeque<>();
        private final int kept;
        private int sinceLast;

        private Periodic(int kept) {
            this.kept = kept;
        }

        @Override
        public void run() {
            revisions.addLast(views.state().revision());
            sinceLast++;
            if (revisions.size() > kept) {
                long oldest = revisions.removeFirst();
                if (sinceLast >= SAMPLES_PER_INTERVAL) {
                    sinceLast = 0;
                    compactTo(oldest);
                }
            }
        }
    }

    private void compactTo(long revision) {
        if (!consensus.leadership().isLeader()
                || revision <= Math.max(0, views.state().compactedRevision())) {
            return;
        }
        proposals
                .propose(new Command.Compact(revision))
                .subscribe()
                .with(
                        outcome -> {
                            if (outcome instanceof Outcome.Done) {
                                LOG.infof("auto compaction to revision %d", revision);
                                loop.wake();
                            }
                        },
                        failure ->
                                LOG.warnf("auto compaction to revision %d failed: %s", revision, failure.getMessage()));
    }
}
