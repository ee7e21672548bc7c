package io.metastore.consensus.log;

import io.metastore.consensus.log.FrameReader.Found;
import io.metastore.consensus.log.LogIndex.Place;
import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/// Reads single entries, by holding on to the frame that was read last: entries are read one after the other when
/// they are read at all. Not safe for several threads.
final class EntryReader {
    private final LogIndex index;
    private final Deque<Segment> segments;

    private FrameReader reader;
    private Frame frame;
    private Place place;
    private List<Entry> entries;

    /// @param segments the files in use, the oldest first
    EntryReader(LogIndex index, Deque<Segment> segments) {
        this.index = index;
        this.segments = segments;
    }

    /// Gives up what was read: it is not what the log holds any more, or nobody reads on.
    void forget() {
        reader = null;
        frame = null;
        place = null;
        entries = null;
    }

    /// @param wanted index of an entry that the log has
    /// @throws EngineFailure when its frame is not as it was written
    Entry read(long wanted) throws IOException {
        boolean isAtHand = frame != null && frame.index() <= wanted && index.leadsTo(frame.index(), wanted);
        if (!isAtHand || wanted > frame.last()) {
            find(isAtHand ? behind(place, frame) : index.from(wanted), wanted);
        }
        Entry entry = entries.get((int) (wanted - frame.index()));
        if (wanted == index.next() - 1) {
            forget();
        }
        return entry;
    }

    /// Reads frames from a place on until one has the entry.
    private void find(Place from, long wanted) throws IOException {
        Place at = from;
        while (true) {
            Frame found = frame(at);
            if (found.kind() == Frame.Kind.ENTRIES && found.index() <= wanted && wanted <= found.last()) {
                frame = found;
                place = at;
                entries = found.entries();
                return;
            }
            at = behind(at, found);
        }
    }

    private Frame frame(Place at) throws IOException {
        if (reader == null || reader.segment() != at.segment() || reader.end() <= at.sector()) {
            reader = new FrameReader(at.segment(), at.segment().used());
        }
        return switch (reader.frame(at.sector(), at.serial())) {
            case Found.Whole(Frame whole) -> whole;
            case Found.Damaged(String what) -> throw Damage.at(at.segment(), at.sector(), what);
            case Found.Nothing() -> throw Damage.at(at.segment(), at.sector(), "a frame is not there any more");
        };
    }

    private Place behind(Place at, Frame read) {
        long following = Sectors.following(at.serial());
        if (read.kind() != Frame.Kind.SEALED) {
            return new Place(at.segment(), at.sector() + read.sectors(), following);
        }
        for (Iterator<Segment> each = segments.iterator(); each.hasNext(); ) {
            if (each.next() == at.segment() && each.hasNext()) {
                return new Place(each.next(), Segment.FRAMES, following);
            }
        }
        throw new IllegalStateException(
                "the raft log ends with a sealed file, " + at.segment().file());
    }
}
