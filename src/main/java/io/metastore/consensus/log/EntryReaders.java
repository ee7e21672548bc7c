package io.metastore.consensus.log;

import io.metastore.consensus.log.LogIndex.Place;
import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/// Reads entries on any number of threads beside the one that appends: where an entry stands is looked up under the
/// log's lock, which appending needs, too; the disk is waited for without it.
///
/// Whoever reads has a reader to itself. A few are kept for the next, each with the frame that it read last, so that
/// several followers that are sent the log at once do not read each frame again for each entry.
final class EntryReaders {
    private static final int IDLE_MAX = 4;

    private final Object log;
    private final LogIndex index;
    private final Consumer<Segment> left;
    /// Those used longest ago first.
    private final Deque<EntryReader> idle = new ArrayDeque<>();
    /// Counts cuts: what was read before one is not kept.
    private long cuts;

    /// @param log  the lock that guards `index`, the files in use and this
    /// @param left told, with the lock held, when nobody reads any more from a file that was read from
    EntryReaders(Object log, LogIndex index, Consumer<Segment> left) {
        this.log = log;
        this.index = index;
        this.left = left;
    }

    /// One reader on its way, with what the log held when it was taken.
    private record Way(EntryReader reader, Place from, boolean goesOn, int end, long cuts, boolean isLast) {}

    /// Reads an entry; null when it is not there, or no longer.
    ///
    /// @throws EngineFailure when its frame is not as it was written
    /// @throws IOException   naming the file and the byte when it cannot be read
    Entry read(long wanted) throws IOException {
        Way way;
        synchronized (log) {
            if (wanted < index.floor() || wanted >= index.next()) {
                return null;
            }
            way = wayTo(wanted);
        }
        boolean read = false;
        try {
            Entry entry = way.reader.read(way.from, way.goesOn, way.end, wanted);
            read = true;
            return entry;
        } finally {
            leave(way, read && !way.isLast);
        }
    }

    private Way wayTo(long wanted) {
        Place from = index.from(wanted);
        Segment segment = from.segment();
        EntryReader nearest = null;
        boolean goesOn = false;
        for (EntryReader each : idle) {
            if (each.segment() == segment) {
                boolean leads = each.atHand() >= 0 && each.atHand() <= wanted && index.leadsTo(each.atHand(), wanted);
                if (nearest == null || (leads && (!goesOn || each.atHand() > nearest.atHand()))) {
                    nearest = each;
                    goesOn = leads;
                }
            }
        }
        if (nearest == null) {
            nearest = new EntryReader(segment);
        } else {
            idle.remove(nearest);
        }
        segment.entered();
        return new Way(nearest, from, goesOn, segment.used(), cuts, wanted == index.next() - 1);
    }

    private void leave(Way way, boolean kept) throws IOException {
        EntryReader dropped = null;
        synchronized (log) {
            if (kept && way.cuts == cuts) {
                idle.addLast(way.reader);
                dropped = idle.size() > IDLE_MAX ? idle.removeFirst() : null;
            } else {
                dropped = way.reader;
            }
            Segment segment = way.reader.segment();
            segment.left();
            if (!segment.isRead()) {
                left.accept(segment);
            }
        }
        if (dropped != null) {
            dropped.close();
        }
    }

    /// Gives up what was read: it is not what the log holds any more. Called with the lock held.
    void forget() throws IOException {
        cuts++;
        for (EntryReader reader : idle) {
            reader.close();
        }
        idle.clear();
    }
}
