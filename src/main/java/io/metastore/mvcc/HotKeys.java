package io.metastore.mvcc;

import io.metastore.value.Bytes;
import java.util.Arrays;

/// The newest versions of the keys that were written last, without their values: what a put must know of the
/// version that it replaces. A key found here costs no look-up in the engine; one that is not may be there or
/// not.
///
/// The keys stand behind each other in a ring of bytes, the newest at its head; what the head runs into is
/// forgotten. A key that is written again keeps its place, unless it is nearer to be forgotten than not: then
/// it moves to the head. A hash table of offsets finds them. All are arrays of numbers: a garbage collection
/// does not walk them.
///
/// The ring is made of pages, so that it takes the memory of what was written and no more. No entry lies in two
/// pages: the rest of a page that is too short for the next entry stays empty.
///
/// ```
/// ring    | free | c=7 | a=9 | (b was deleted) | rest || d=8 | free |
///                  ^ tail                           page       ^ head
/// entry   create revision, main, sub, version, lease (8 bytes each), hash, length (4 bytes each), key, padding
/// ```
///
/// Holds what is written and nothing else, so it follows an engine write and never goes before it. Belongs to
/// the apply thread.
public final class HotKeys {
    /// Ring of a store, in bytes: room for 100,000 keys of 32 bytes or 60,000 of 90.
    static final int BYTES = 8 << 20;

    /// Longest key that is held, in bytes.
    static final int KEY_MAX = 1024;

    private static final int MAIN = 8;
    private static final int SUB = 16;
    private static final int VERSION = 24;
    private static final int LEASE = 32;
    private static final int HASH = 40;
    private static final int LENGTH = 44;
    private static final int KEY = 48;

    /// Entries begin at multiples of this, so that an offset is an index entry's number times it.
    private static final int ALIGNMENT = 8;

    /// Bytes of a page: some 50 of the largest entries.
    private static final int PAGE = 64 << 10;

    private final int bytes;
    private final int pageBytes;
    private final int pageShift;

    /// Null where nothing was written yet.
    private final byte[][] pages;

    /// Where in each page its last entry ends: known once the head has left the page, and until then of the
    /// round before, which the tail may still be in.
    private final int[] ends;

    private final int[] table;
    private final int shift;

    /// Where the oldest entry begins and where the next will, counted from the first byte ever written.
    private long tail;
    private long head;

    /// @param bytes size of the ring: a power of two, at least 4096
    public HotKeys(int bytes) {
        if (Integer.bitCount(bytes) != 1 || bytes < 4096) {
            throw new IllegalArgumentException("the ring must be a power of two from 4096 on and not " + bytes);
        }
        this.bytes = bytes;
        pageBytes = Math.min(bytes, PAGE);
        pageShift = Integer.numberOfTrailingZeros(pageBytes);
        pages = new byte[bytes / pageBytes][];
        ends = new int[pages.length];
        // The smallest entries take 56 bytes: the table is never more than four sevenths full.
        table = new int[bytes / 32];
        shift = Integer.numberOfLeadingZeros(table.length) + 1;
    }

    /// The newest version of `key`, its value to be found in `log`, or null when this does not know of one.
    KeyEntry find(Bytes key) {
        int slot = slot(key);
        if (table[slot] == 0) {
            return null;
        }
        byte[] page = page(offset(slot));
        int at = inPage(offset(slot));
        return new KeyEntry(
                BigEndian.getLong(page, at),
                BigEndian.getLong(page, at + MAIN),
                BigEndian.getLong(page, at + SUB),
                BigEndian.getLong(page, at + VERSION),
                BigEndian.getLong(page, at + LEASE),
                null);
    }

    /// `entry` was written as the newest version of `key`.
    void written(Bytes key, KeyEntry entry) {
        if (key.length() > KEY_MAX) {
            return;
        }
        int place = placeFor(key);
        byte[] page = page(place);
        int at = inPage(place);
        BigEndian.putLong(page, at, entry.createRevision());
        BigEndian.putLong(page, at + MAIN, entry.main());
        BigEndian.putLong(page, at + SUB, entry.sub());
        BigEndian.putLong(page, at + VERSION, entry.version());
        BigEndian.putLong(page, at + LEASE, entry.lease());
    }

    /// `key` was deleted.
    void deleted(Bytes key) {
        int slot = slot(key);
        if (table[slot] != 0) {
            remove(slot);
        }
    }

    /// Where the entry of `key` is or goes.
    private int placeFor(Bytes key) {
        int slot = slot(key);
        if (table[slot] != 0) {
            int at = offset(slot);
            int age = at(head - at);
            if (age <= bytes / 2) {
                return at;
            }
            remove(slot);
        }
        return append(key);
    }

    /// Makes an entry for `key`, which has none, at the head.
    private int append(Bytes key) {
        int size = size(key.length());
        int rest = pageBytes - inPage(at(head));
        if (rest < size) {
            forget(rest);
            ends[pageNumber(at(head))] = pageBytes - rest;
            head += rest;
        }
        forget(size);
        int place = at(head);
        if (pages[pageNumber(place)] == null) {
            pages[pageNumber(place)] = new byte[pageBytes];
        }
        head += size;
        if (inPage(at(head)) == 0) {
            // Filled to its last byte: where the entries of the round before ended is no end any more.
            ends[pageNumber(place)] = pageBytes;
        }
        byte[] page = page(place);
        int at = inPage(place);
        BigEndian.putInt(page, at + HASH, key.hashCode());
        BigEndian.putInt(page, at + LENGTH, key.length());
        System.arraycopy(key.array(), 0, page, at + KEY, key.length());
        // Only now: forgetting moves entries of the table.
        table[slot(key)] = place / ALIGNMENT + 1;
        return place;
    }

    /// Moves the tail until `size` bytes are free at the head.
    private void forget(int size) {
        while (head + size - tail > bytes) {
            int place = at(tail);
            int at = inPage(place);
            if (at == ends[pageNumber(place)]) {
                tail += pageBytes - at;
                continue;
            }
            int slot = slotOf(place);
            if (slot >= 0) {
                remove(slot);
            }
            tail += size(BigEndian.getInt(page(place), at + LENGTH));
        }
    }

    private static int size(int keyLength) {
        return (KEY + keyLength + ALIGNMENT - 1) & -ALIGNMENT;
    }

    /// Offset in the ring of a byte that is counted from the first ever written.
    private int at(long count) {
        return (int) count & (bytes - 1);
    }

    private byte[] page(int place) {
        return pages[pageNumber(place)];
    }

    private int pageNumber(int place) {
        return place >>> pageShift;
    }

    private int inPage(int place) {
        return place & (pageBytes - 1);
    }

    /// Where `key` stands in the table, or the free slot where it would.
    private int slot(Bytes key) {
        int slot = home(key.hashCode());
        while (table[slot] != 0 && !holds(offset(slot), key)) {
            slot = after(slot);
        }
        return slot;
    }

    private boolean holds(int place, Bytes key) {
        byte[] page = page(place);
        int at = inPage(place);
        int length = key.length();
        return BigEndian.getInt(page, at + HASH) == key.hashCode()
                && BigEndian.getInt(page, at + LENGTH) == length
                && Arrays.equals(page, at + KEY, at + KEY + length, key.array(), 0, length);
    }

    /// Where the entry at `place` stands in the table, or -1 when its key was deleted or has moved to a newer
    /// entry.
    private int slotOf(int place) {
        int slot = home(hash(place));
        while (table[slot] != 0) {
            if (offset(slot) == place) {
                return slot;
            }
            slot = after(slot);
        }
        return -1;
    }

    /// Frees a slot. What follows it without a gap is moved up where it could not be found otherwise: a search
    /// begins at the home slot of a hash and ends at the first free one.
    private void remove(int slot) {
        int free = slot;
        int next = after(slot);
        while (table[next] != 0) {
            int home = home(hash(offset(next)));
            if (distance(home, next) >= distance(free, next)) {
                table[free] = table[next];
                free = next;
            }
            next = after(next);
        }
        table[free] = 0;
    }

    private int hash(int place) {
        return BigEndian.getInt(page(place), inPage(place) + HASH);
    }

    private int offset(int slot) {
        return (table[slot] - 1) * ALIGNMENT;
    }

    private int home(int hash) {
        // Keys that differ in their last character alone have neighbouring hashes: spread them.
        return hash * 0x9e3779b9 >>> shift;
    }

    private int after(int slot) {
        return (slot + 1) & (table.length - 1);
    }

    private int distance(int from, int to) {
        return (to - from) & (table.length - 1);
    }
}
