package io.metastore.service;

import io.metastore.consensus.Consensus;
import io.metastore.machine.Command;
import io.metastore.machine.Outcome;
import io.metastore.mvcc.MvccStore;
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

    private final MvccStore store;
    private final Consensus consensus;
    private final Proposals proposals;
    private final CompactionLoop loop;

    public AutoCompaction(MvccStore store, Consensus consensus, Proposals proposals, CompactionLoop loop) {
        this.store = store;
        this.consensus = consensus;
        this.proposals = proposals;
        this.loop = loop;
    }

    /// Keeps the newest `revisions`, looking every five minutes.
    public void keepRevisions(long revisions, ScheduledExecutorService clock) {
        long interval = BY_REVISION_INTERVAL.toMillis();
        clock.scheduleAtFixedRate(
                () -> compactTo(store.state().revision() - revisions), interval, interval, TimeUnit.MILLISECONDS);
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
            revisions.addLast(store.state().revision());
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
                || revision <= Math.max(0, store.state().compactedRevision())) {
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
