package io.metastore.consensus.log;

import io.metastore.consensus.log.FrameReader.Found;
import io.metastore.consensus.log.LogIndex.Place;
import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.util.List;

/// Reads single entries of one file, and holds on to the frame that was read last: entries are read one after the
/// other when they are read at all. Used by one thread at a time.
final class EntryReader implements AutoCloseable {
    private final Segment segment;

    private FrameReader reader;
    private Frame frame;
    private Place place;
    private List<Entry> entries;

    EntryReader(Segment segment) {
        this.segment = segment;
    }

    Segment segment() {
        return segment;
    }

    /// Index of the first entry in the frame at hand, -1 when there is none.
    long atHand() {
        return frame == null ? -1 : frame.index();
    }

    /// Reads an entry from the file, where it stands in a frame at or behind `from`.
    ///
    /// @param from   place in this file, of the frame with the entry or of one before it with no cut between
    /// @param goesOn whether the frame at hand is such a frame, too, and no earlier one
    /// @param end    sector behind the last frame that was written when `from` was looked up
    /// @throws EngineFailure when a frame is not as it was written
    /// @throws IOException   naming the file and the byte when it cannot be read
    Entry read(Place from, boolean goesOn, int end, long wanted) throws IOException {
        if (reader == null) {
            reader = new FrameReader(segment, end);
        }
        reader.extendTo(end);
        if (!goesOn || wanted > frame.last()) {
            find(goesOn ? behind(place, frame) : from, end, wanted);
        }
        return entries.get((int) (wanted - frame.index()));
    }

    /// Reads frames from a place on until one has the entry. That is in the same file: the first frame of each file
    /// has its place in the index.
    private void find(Place from, int end, long wanted) throws IOException {
        Place at = from;
        while (at.sector() < end) {
            Frame found = frame(at);
            if (found.kind() == Frame.Kind.ENTRIES && found.index() <= wanted && wanted <= found.last()) {
                entries = found.entries();
                frame = found;
                place = at;
                return;
            }
            at = behind(at, found);
        }
        throw Damage.at(segment, at.sector(), "entry " + wanted + " is not there any more");
    }

    private Frame frame(Place at) throws IOException {
        return switch (reader.frame(at.sector(), at.serial())) {
            case Found.Whole(Frame whole) -> whole;
            case Found.Damaged(String what) -> throw Damage.at(segment, at.sector(), what);
            case Found.Nothing() -> throw Damage.at(segment, at.sector(), "a frame is not there any more");
        };
    }

    private static Place behind(Place at, Frame read) {
        return new Place(at.segment(), at.sector() + read.sectors(), Sectors.following(at.serial()));
    }

    @Override
    public void close() throws IOException {
        if (reader != null) {
            reader.close();
        }
    }
}
