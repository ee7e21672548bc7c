package io.metastore.machine;

import java.util.ArrayList;
import java.util.List;

/// Applies committed entries in chunks: each chunk is one engine write that holds its applied index, is published, and
/// only then answered.
///
/// Chunks are cut at entry boundaries. After a restart the whole committed log arrives in one go; the cuts keep its memory
/// bounded. Entries that the state already holds are skipped, but never when a caller waits for one: such an entry was
/// proposed after the start, so a state that already holds it comes from another log.
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

    /// Applies all of `entries`. Whatever is thrown is a fault: the member must stop.
    public void run(CommittedEntries entries) {
        List<Answer> answers = new ArrayList<>();
        int commands = 0;
        long bytes = 0;
        long started = metrics.now();
        while (entries.next()) {
            ProposedBatch proposed = entries.proposed();
            if (entries.index() <= machine.appliedIndex()) {
                if (proposed != null) {
                    throw new IllegalStateException("the state has applied up to index " + machine.appliedIndex()
                            + " although entry " + entries.index() + " was only just proposed: this is another log's state");
                }
                entries.applied();
                continue;
            }
            List<? extends Command<?>> decoded =
                    proposed == null ? EntryCodec.decode(entries.data()) : proposed.commands();
            List<Outcome<? extends Result>> outcomes = machine.apply(entries.index(), decoded, proposed != null);
            if (proposed != null) {
                answers.add(new Answer(proposed, outcomes));
            }
            commands += decoded.size();
            bytes += entries.data().remaining();
            if (commands >= limits.commands() || bytes >= limits.bytes() || !entries.hasNext()) {
                close(entries, answers, commands, started);
                answers.clear();
                commands = 0;
                bytes = 0;
                started = metrics.now();
            }
        }
    }

    private void close(CommittedEntries entries, List<Answer> answers, int commands, long started) {
        machine.commit(entries.index(), entries.term(), listener);
        entries.applied();
        metrics.chunkApplied(commands, metrics.now() - started);
        for (Answer answer : answers) {
            answer.batch().complete(answer.outcomes());
        }
    }
}
