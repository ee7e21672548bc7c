package io.metastore.consensus;

import io.metastore.machine.EntryCodec;
import io.metastore.machine.Origin;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// The entries that this member has put together and not applied yet, with those who wait for them, by the sequence in
/// their origin. Outcomes come from here, whichever member led when the entry was agreed.
///
/// Any thread registers; the apply thread takes.
public final class Origins {
    private final long member;
    private final long boot;
    private final AtomicLong sequence = new AtomicLong();
    private final Map<Long, Entry> open = new ConcurrentHashMap<>();

    /// @param boot drawn at this start: an entry of an earlier one has nobody who waits
    public Origins(long member, long boot) {
        this.member = member;
        this.boot = boot;
    }

    /// An entry on its way.
    public static final class Entry {
        private final long sequence;
        private final ByteBuffer bytes;
        private final Consensus.Pending pending;
        /// The term whose leader has it, 0 while none has.
        private volatile long term;

        private Entry(long sequence, ByteBuffer bytes, Consensus.Pending pending) {
            this.sequence = sequence;
            this.bytes = bytes;
            this.pending = pending;
        }

        /// What the log is to hold, from the first byte.
        public ByteBuffer bytes() {
            return bytes.duplicate();
        }

        /// The term in which it was handed to a leader, 0 while no leader can have it.
        public long term() {
            return term;
        }

        /// Notes, before it is handed to the leader of `handed`, that it may be in the log of that term from now on; 0
        /// once
        /// it is known that it is not.
        public void term(long handed) {
            term = handed;
        }
    }

    /// Takes up `commands` as one entry.
    public Entry register(List<byte[]> commands, Consensus.Pending pending) {
        long next = sequence.incrementAndGet();
        Entry entry = new Entry(next, EntryCodec.encode(new Origin(member, boot, next, 0), commands), pending);
        open.put(next, entry);
        return entry;
    }

    /// Whoever waits for an entry that is being applied, or null when it is not of this member and this start.
    public Consensus.Pending take(ByteBuffer applied) {
        Origin origin = EntryCodec.origin(applied);
        if (origin.member() != member || origin.boot() != boot) {
            return null;
        }
        Entry entry = open.remove(origin.sequence());
        return entry == null ? null : entry.pending;
    }

    /// Gives an entry up. Does nothing when it has been taken.
    public void fail(Entry entry, Unavailable reason) {
        if (open.remove(entry.sequence, entry)) {
            entry.pending.failed(reason);
        }
    }

    /// Whether entries were handed to leaders of terms before `term`, and neither came back nor failed.
    public boolean hasOlderThan(long term) {
        return open.values().stream().anyMatch(entry -> entry.term != 0 && entry.term < term);
    }

    /// Learns that an entry of `term` is being applied. One that was handed to the leader of an earlier term and has
    /// not been
    /// applied by now never will be: terms in the log only grow.
    public void reached(long term) {
        List<Entry> lost = new ArrayList<>();
        for (Entry entry : open.values()) {
            if (entry.term != 0 && entry.term < term) {
                lost.add(entry);
            }
        }
        lost.forEach(entry -> fail(entry, new Unavailable.LeaderChanged()));
    }

    /// Learns that the state was replaced by a leader's snapshot: what became of entries that a leader may have had
    /// cannot
    /// be told any more.
    public void replaced() {
        for (Entry entry : List.copyOf(open.values())) {
            if (entry.term != 0) {
                fail(entry, new Unavailable.LeaderChanged());
            }
        }
    }

    /// Entries that have not ended.
    public int size() {
        return open.size();
    }
}
