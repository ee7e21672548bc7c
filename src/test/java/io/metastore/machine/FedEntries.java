package io.metastore.machine;

import java.nio.ByteBuffer;
import java.util.List;

/// Committed entries that a test hands to the apply loop, as consensus would.
class FedEntries implements CommittedEntries {
    /// An entry, its bytes, and what came back for it.
    static final class Fed implements ProposedBatch {
        private final HistoryStep.Entry entry;
        private final ByteBuffer data;
        private List<Outcome<? extends Result>> outcomes;

        Fed(HistoryStep.Entry entry) {
            this.entry = entry;
            List<byte[]> encoded =
                    entry.commands().stream().map(CommandCodec::encode).toList();
            this.data = entry.batching()
                    ? EntryCodec.encode(new Origin(1, 2, entry.index(), 0), encoded)
                    : FormerEntries.encode(encoded, false);
        }

        HistoryStep.Entry entry() {
            return entry;
        }

        List<Outcome<? extends Result>> outcomes() {
            return outcomes;
        }

        @Override
        public List<? extends Command<?>> commands() {
            return entry.commands();
        }

        @Override
        public void complete(List<Outcome<? extends Result>> all) {
            if (outcomes != null) {
                throw new AssertionError("entry " + entry.index() + " was answered twice");
            }
            outcomes = all;
        }
    }

    private final List<Fed> entries;
    private final boolean waiting;
    private int at = -1;
    private int applied = -1;

    /// @param waiting whether those who wait for answered entries are still there
    FedEntries(List<Fed> entries, boolean waiting) {
        this.entries = entries;
        this.waiting = waiting;
    }

    @Override
    public boolean next() {
        at++;
        return at < entries.size();
    }

    @Override
    public long index() {
        return entries.get(at).entry.index();
    }

    @Override
    public long term() {
        return 1;
    }

    @Override
    public ByteBuffer data() {
        return entries.get(at).data;
    }

    @Override
    public ProposedBatch proposed() {
        Fed fed = entries.get(at);
        return waiting && fed.entry.answered() ? fed : null;
    }

    @Override
    public void applied() {
        applied = at;
    }

    /// Position of the last entry that the loop has said to be applied, -1 before the first.
    int appliedPosition() {
        return applied;
    }
}
