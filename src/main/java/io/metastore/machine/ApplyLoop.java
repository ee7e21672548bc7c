package io.metastore.machine;

import java.util.ArrayList;
import java.util.List;

/// Applies committed entries in chunks: each chunk is one engine write that holds its applied index, is
/// published, and only then answered. Only an entry that changes very many keys takes more than one write.
///
/// Chunks are cut at entry boundaries. After a restart the whole committed log arrives in one go; the cuts
/// keep its memory bounded. Entries that the state already holds are skipped, but never when a caller waits
/// for one: such an entry was proposed after the start, so a state that already holds it comes from another
/// log.
public final class ApplyLoop {
    private final StateMachine machine;
    private final ChunkLimits limits;
    private final CommitListener listener;
    private final ApplyMetrics metrics;

    public ApplyLoop(StateMachine machine, ChunkLimits limits, CommitListener listener, ApplyMetrics metrics) {
        this.machine = machine;
        this.limits = limits;
        this.listener = listener;
        this.metrics = metrics;
    }

    /// What waits for the open chunk to be written.
    private record Answer(ProposedBatch batch, List<Outcome<? extends Result>> outcomes) {}

    /// The entries applied since the last write.
    private static final class Open {
        private final List<Answer> answers = new ArrayList<>();
        private final long started;
        private int commands;
        private long bytes;
        private long index;
        private long term;

        private Open(long started) {
            this.started = started;
        }
    }

    /// Applies all of `entries`. Whatever is thrown is a fault: the member must stop.
    public void run(CommittedEntries entries) {
        Open open = null;
        while (entries.next()) {
            if (isInState(entries)) {
                entries.applied();
                continue;
            }
            open = open == null ? new Open(metrics.now()) : open;
            apply(entries, open);
            if (open.commands >= limits.commands() || open.bytes >= limits.bytes()) {
                close(open);
                entries.applied();
                open = null;
            }
        }
        if (open != null) {
            close(open);
        }
    }

    private boolean isInState(CommittedEntries entries) {
        if (entries.index() > machine.appliedIndex()) {
            return false;
        }
        if (entries.proposed() != null) {
            throw new IllegalStateException("the state has applied up to index " + machine.appliedIndex()
                    + " although entry " + entries.index() + " was only just proposed: this is another log's state");
        }
        return true;
    }

    private void apply(CommittedEntries entries, Open open) {
        ProposedBatch proposed = entries.proposed();
        if (proposed != null) {
            proposed.applying();
        }
        List<? extends Command<?>> commands =
                proposed == null ? EntryCodec.decode(entries.data()) : proposed.commands();
        List<Outcome<? extends Result>> outcomes =
                machine.apply(entries.index(), entries.term(), commands, proposed != null, listener, metrics);
        if (proposed != null) {
            open.answers.add(new Answer(proposed, outcomes));
        }
        open.commands += commands.size();
        open.bytes += entries.data().remaining();
        open.index = entries.index();
        open.term = entries.term();
        entries.taken();
    }

    private void close(Open open) {
        machine.commit(open.index, open.term, listener, metrics);
        metrics.chunkApplied(open.commands, metrics.now() - open.started);
        for (Answer answer : open.answers) {
            answer.batch().complete(answer.outcomes());
        }
    }
}
