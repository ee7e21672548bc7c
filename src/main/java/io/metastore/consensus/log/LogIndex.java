package io.metastore.consensus.log;

import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;

/// Which entries the log has, and where to look for them: not the place of each frame, but of one in 64 KiB, from
/// which the following are found one by one.
///
/// Of two frames with the same entry, which there are when the log's end was cut off and written anew, the later
/// one is meant. The first frame behind such a cut is always kept. Example: frames of entries 1–4 and 5–8, a
/// cut behind 6, a frame of 7–9. Kept are 1 and 7: 6 is found from 1 on, and 7 never in the second frame.
final class LogIndex {
    private static final int EVERY_SECTORS = 128;

    private final TreeMap<Long, Place> places = new TreeMap<>();
    private final TreeSet<Long> configurations = new TreeSet<>();
    private long floor;
    private long first;
    private long next;
    /// Whether the place of the next entries is kept in any case.
    private boolean cut = true;

    /// @param first index of the log's first entry
    /// @param next  index of the entry to come; the same when there is none yet
    LogIndex(long first, long next) {
        this.floor = first;
        this.first = first;
        this.next = next;
    }

    /// Where a frame stands.
    ///
    /// @param serial the frame's
    record Place(Segment segment, int sector, long serial) {
        private boolean isFarFrom(Place other) {
            return segment != other.segment || sector - other.sector >= EVERY_SECTORS;
        }
    }

    /// Index from which on entries can be read: [#first], or where the log began before its beginning was last cut
    /// off. Whoever asked for an entry just before that cut still gets it.
    ///
    /// Example: entries 1 to 90, cut before 30, then before 60. The log begins at 60; 30 to 59 can be read until
    /// the next cut, 1 to 29 no more.
    long floor() {
        return floor;
    }

    long first() {
        return first;
    }

    long next() {
        return next;
    }

    /// Indexes of the entries that say who the members are, ascending.
    List<Long> configurations() {
        return List.copyOf(configurations);
    }

    /// From where on the frame with this entry is found.
    ///
    /// @param index from [#floor] to before [#next]
    Place from(long index) {
        return places.floorEntry(index).getValue();
    }

    /// Whether the frame of entry `index` is the one that begins with entry `before` or lies behind that, with
    /// nothing between that was cut off.
    boolean leadsTo(long before, long index) {
        return places.floorKey(index) <= before;
    }

    void entries(List<Entry> entries, Place place) {
        if (cut || place.isFarFrom(places.lastEntry().getValue())) {
            places.put(next, place);
            cut = false;
        }
        for (Entry entry : entries) {
            if (entry.kind() == Entry.Kind.CONFIGURATION) {
                configurations.add(next);
            }
            next++;
        }
    }

    void beginsAt(long index) {
        if (index >= next) {
            anew(index);
        } else if (index > first) {
            floor = first;
            first = index;
            dropPlaces();
            configurations.headSet(index).clear();
        }
    }

    /// Gives up what was cut off last, too: at a start nobody has asked for it, and its files may be gone.
    void settle() {
        floor = first;
        dropPlaces();
    }

    private void dropPlaces() {
        Long kept = places.floorKey(floor);
        // While the log is read at a start there may be none yet: a later cut took the first files away.
        if (kept != null) {
            places.headMap(kept).clear();
        }
    }

    void endsAt(long index) {
        next = Math.max(first, index + 1);
        places.tailMap(next).clear();
        configurations.tailSet(next).clear();
        cut = true;
    }

    void anew(long index) {
        places.clear();
        configurations.clear();
        floor = index;
        first = index;
        next = index;
        cut = true;
    }
}
