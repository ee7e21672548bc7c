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

    /// In which term an entry was handed to a leader, and over which of the connections to it, counted by the member
    /// that
    /// hands it over.
    public record Handed(long term, long epoch) {
        /// No leader can have it.
        public static final Handed NOT = new Handed(0, 0);

        private boolean isOlderThan(Handed other) {
            return term != 0 && (term < other.term || (term == other.term && epoch < other.epoch));
        }
    }

    /// An entry on its way.
    public static final class Entry {
        private final long sequence;
        private final ByteBuffer bytes;
        private final Consensus.Pending pending;
        private volatile Handed handed = Handed.NOT;

        private Entry(long sequence, ByteBuffer bytes, Consensus.Pending pending) {
            this.sequence = sequence;
            this.bytes = bytes;
            this.pending = pending;
        }

        /// What the log is to hold, from the first byte.
        public ByteBuffer bytes() {
            return bytes.duplicate();
        }

        /// To whom it was handed last.
        public Handed handed() {
            return handed;
        }

        /// Notes, before it is handed to a leader, that it may be in the log of that one's term from now on;
        /// [Handed#NOT] once it is known that it is not.
        public void handed(Handed to) {
            if ((to == Handed.NOT) != (handed == Handed.NOT)) {
                pending.handed(to != Handed.NOT);
            }
            handed = to;
        }

        /// Whether it should not be handed to the leader of now: nobody waits for it, or it is bound to a term in which
        /// this member led.
        public boolean isStale(Leadership now) {
            return pending.isAbandoned() || (pending.term() != 0 && !(now.isLeader() && now.term() == pending.term()));
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
        if (entry == null) {
            return null;
        }
        // A leader takes nothing of an earlier connection once it has taken something of a later one, and what it took
        // before stands before this in the log.
        lost(entry.handed);
        return entry.pending;
    }

    /// Gives an entry up. Does nothing when it has been taken.
    public void fail(Entry entry, Unavailable reason) {
        if (open.remove(entry.sequence, entry)) {
            entry.pending.failed(reason);
        }
    }

    /// Whether entries were handed to leaders of terms before `term`, and neither came back nor failed.
    public boolean hasOlderThan(long term) {
        return open.values().stream().anyMatch(entry -> entry.handed.isOlderThan(new Handed(term, 0)));
    }

    /// Learns that an entry of `term` is being applied. One that was handed to the leader of an earlier term and has
    /// not been
    /// applied by now never will be: terms in the log only grow.
    public void reached(long term) {
        if (!open.isEmpty()) {
            lost(new Handed(term, 0));
        }
    }

    private void lost(Handed before) {
        List<Entry> lost = new ArrayList<>();
        for (Entry entry : open.values()) {
            if (entry.handed.isOlderThan(before)) {
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
            if (entry.handed != Handed.NOT) {
                fail(entry, new Unavailable.LeaderChanged());
            }
        }
    }

    /// Fails all entries: nothing is applied here any more.
    public void stop() {
        for (Entry entry : List.copyOf(open.values())) {
            fail(entry, new Unavailable.Stopping());
        }
    }

    /// Entries that have not ended.
    public int size() {
        return open.size();
    }
}
