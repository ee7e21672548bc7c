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
/// entry   create revision (48 bits), length of the key (16) | main (48), sub (16)
///         | version (31), whether there is a lease (1), hash (32) | length of the value (32)
///         | lease (64), only if there is one | key | padding
/// ```
///
/// So the entry of `/registry/pods/default/web-0-abcd`, which has no lease, takes 28 bytes, 33 of key and 3 of
/// padding. An entry with numbers that are too large for that is not held: no key of a real store has them, and
/// it costs a look-up.
///
/// Holds what is written and nothing else, so it follows an engine write and never goes before it. Belongs to
/// the apply thread.
public final class HotKeys {
    /// Ring of a store, in bytes: room for 150,000 keys of 28 bytes or 70,000 of 90.
    static final int BYTES = 8 << 20;

    /// Longest key that is held, in bytes.
    static final int KEY_MAX = 1024;

    private static final int MAIN = 8;
    private static final int VERSION = 16;
    private static final int HASH = 20;
    private static final int VALUE_LENGTH = 24;
    private static final int LEASE = 28;

    private static final long REVISION_MAX = (1L << 48) - 1;
    private static final long SHORT_MAX = (1L << 16) - 1;

    /// Entries begin at multiples of this, so that an offset is an index entry's number times it.
    private static final int ALIGNMENT = 4;

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

    /// Keys that are held, and the most that the table has room for: a search ends at a free slot.
    private int held;

    private final int heldMax;

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
        table = new int[bytes / 32];
        heldMax = table.length / 4 * 3;
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
        long revision = BigEndian.getLong(page, at + MAIN);
        return new KeyEntry(
                BigEndian.getLong(page, at) >>> 16,
                revision >>> 16,
                revision & SHORT_MAX,
                BigEndian.getInt(page, at + VERSION) >>> 1,
                hasLease(page, at) ? BigEndian.getLong(page, at + LEASE) : 0,
                BigEndian.getInt(page, at + VALUE_LENGTH),
                null);
    }

    /// `entry` was written as the newest version of `key`.
    void written(Bytes key, KeyEntry entry) {
        if (key.length() > KEY_MAX) {
            return;
        }
        if (!fits(entry)) {
            deleted(key);
            return;
        }
        boolean lease = entry.lease() != 0;
        int place = placeFor(key, lease);
        byte[] page = page(place);
        int at = inPage(place);
        BigEndian.putLong(page, at, entry.createRevision() << 16 | key.length());
        BigEndian.putLong(page, at + MAIN, entry.main() << 16 | entry.sub());
        BigEndian.putInt(page, at + VERSION, (int) entry.version() << 1 | (lease ? 1 : 0));
        BigEndian.putInt(page, at + VALUE_LENGTH, entry.valueLength());
        if (lease) {
            BigEndian.putLong(page, at + LEASE, entry.lease());
        }
    }

    /// The create revision is never larger than the main one.
    private static boolean fits(KeyEntry entry) {
        return entry.main() <= REVISION_MAX && entry.sub() <= SHORT_MAX && entry.version() <= Integer.MAX_VALUE;
    }

    /// `key` was deleted.
    void deleted(Bytes key) {
        int slot = slot(key);
        if (table[slot] != 0) {
            remove(slot);
        }
    }

    /// Where the entry of `key` is or goes. One that gains or loses a lease changes its size: it moves as well.
    private int placeFor(Bytes key, boolean lease) {
        int slot = slot(key);
        if (table[slot] != 0) {
            int place = offset(slot);
            int age = at(head - place);
            if (age <= bytes / 2 && hasLease(page(place), inPage(place)) == lease) {
                return place;
            }
            remove(slot);
        }
        return append(key, lease);
    }

    /// Makes an entry for `key`, which has none, at the head: its hash and key. The numbers are the caller's.
    private int append(Bytes key, boolean lease) {
        int size = size(key.length(), lease);
        int rest = pageBytes - inPage(at(head));
        if (rest < size) {
            forget(rest);
            ends[pageNumber(at(head))] = pageBytes - rest;
            head += rest;
        }
        forget(size);
        while (held >= heldMax) {
            forgetOldest();
        }
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
        System.arraycopy(key.array(), 0, page, at + header(lease), key.length());
        // Only now: forgetting moves entries of the table.
        table[slot(key)] = place / ALIGNMENT + 1;
        held++;
        return place;
    }

    /// Moves the tail until `size` bytes are free at the head.
    private void forget(int size) {
        while (head + size - tail > bytes) {
            forgetOldest();
        }
    }

    /// Moves the tail over one entry or, where a page has no further one, to the next page.
    private void forgetOldest() {
        int place = at(tail);
        byte[] page = page(place);
        int at = inPage(place);
        // Of a page that the head is still in, only the round before has an end.
        boolean hasEnd = head >= tail + pageBytes - at;
        if (hasEnd && at == ends[pageNumber(place)]) {
            tail += pageBytes - at;
            return;
        }
        int slot = slotOf(place);
        if (slot >= 0) {
            remove(slot);
        }
        tail += size(keyLength(page, at), hasLease(page, at));
    }

    private static int size(int keyLength, boolean lease) {
        return (header(lease) + keyLength + ALIGNMENT - 1) & -ALIGNMENT;
    }

    /// Bytes of an entry before its key.
    private static int header(boolean lease) {
        return lease ? LEASE + 8 : LEASE;
    }

    private static boolean hasLease(byte[] page, int at) {
        return (BigEndian.getInt(page, at + VERSION) & 1) == 1;
    }

    private static int keyLength(byte[] page, int at) {
        return (int) (BigEndian.getLong(page, at) & SHORT_MAX);
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
        int from = at + header(hasLease(page, at));
        return BigEndian.getInt(page, at + HASH) == key.hashCode()
                && keyLength(page, at) == length
                && Arrays.equals(page, from, from + length, key.array(), 0, length);
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
        held--;
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
