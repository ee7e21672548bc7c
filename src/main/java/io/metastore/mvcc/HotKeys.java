package io.metastore.mvcc;

import io.metastore.value.Bytes;
import java.util.Arrays;

/// The newest versions of the keys that were written last, without their values: what a put must know of the
/// version that it replaces. A key found here costs no look-up in the engine; one that is not may be there or
/// not.
///
/// The keys stand behind each other in a ring of bytes, the newest at its head; what the head runs into is
/// forgotten. A key that is written again keeps its place, unless it is nearer to be forgotten than not: then
/// it moves to the head. A hash table of offsets finds them. Two arrays without references: a garbage
/// collection neither copies nor walks them.
///
/// ```
/// ring    | free | c=7 | a=9 | (b was deleted) | d=8 | free |
///                  ^ tail                              ^ head
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

    private final byte[] ring;
    private final int[] table;
    private final int shift;

    /// Where the oldest entry begins and where the next will, counted from the first byte ever written.
    private long tail;
    private long head;

    /// Where the rest of the ring was too short for an entry and left empty, counted likewise.
    private long turn = -1;

    /// @param bytes size of the ring: a power of two, at least 4096
    public HotKeys(int bytes) {
        if (Integer.bitCount(bytes) != 1 || bytes < 4096) {
            throw new IllegalArgumentException("the ring must be a power of two from 4096 on and not " + bytes);
        }
        ring = new byte[bytes];
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
        int at = offset(slot);
        return new KeyEntry(
                BigEndian.getLong(ring, at),
                BigEndian.getLong(ring, at + MAIN),
                BigEndian.getLong(ring, at + SUB),
                BigEndian.getLong(ring, at + VERSION),
                BigEndian.getLong(ring, at + LEASE),
                null);
    }

    /// `entry` was written as the newest version of `key`.
    void written(Bytes key, KeyEntry entry) {
        if (key.length() > KEY_MAX) {
            return;
        }
        int at = placeFor(key);
        BigEndian.putLong(ring, at, entry.createRevision());
        BigEndian.putLong(ring, at + MAIN, entry.main());
        BigEndian.putLong(ring, at + SUB, entry.sub());
        BigEndian.putLong(ring, at + VERSION, entry.version());
        BigEndian.putLong(ring, at + LEASE, entry.lease());
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
            if (age <= ring.length / 2) {
                return at;
            }
            remove(slot);
        }
        return append(key);
    }

    /// Makes an entry for `key`, which has none, at the head.
    private int append(Bytes key) {
        int size = size(key.length());
        int rest = ring.length - at(head);
        if (rest < size) {
            forget(rest);
            turn = head;
            head += rest;
        }
        forget(size);
        int at = at(head);
        head += size;
        BigEndian.putInt(ring, at + HASH, key.hashCode());
        BigEndian.putInt(ring, at + LENGTH, key.length());
        System.arraycopy(key.array(), 0, ring, at + KEY, key.length());
        // Only now: forgetting moves entries of the table.
        table[slot(key)] = at / ALIGNMENT + 1;
        return at;
    }

    /// Moves the tail until `size` bytes are free at the head.
    private void forget(int size) {
        while (head + size - tail > ring.length) {
            int at = at(tail);
            if (tail == turn) {
                tail += ring.length - at;
                continue;
            }
            int slot = slotOf(at);
            if (slot >= 0) {
                remove(slot);
            }
            tail += size(BigEndian.getInt(ring, at + LENGTH));
        }
    }

    private static int size(int keyLength) {
        return (KEY + keyLength + ALIGNMENT - 1) & -ALIGNMENT;
    }

    /// Offset in the ring of a byte that is counted from the first ever written.
    private int at(long count) {
        return (int) count & (ring.length - 1);
    }

    /// Where `key` stands in the table, or the free slot where it would.
    private int slot(Bytes key) {
        int slot = home(key.hashCode());
        while (table[slot] != 0 && !holds(offset(slot), key)) {
            slot = after(slot);
        }
        return slot;
    }

    private boolean holds(int at, Bytes key) {
        int length = key.length();
        return BigEndian.getInt(ring, at + HASH) == key.hashCode()
                && BigEndian.getInt(ring, at + LENGTH) == length
                && Arrays.equals(ring, at + KEY, at + KEY + length, key.array(), 0, length);
    }

    /// Where the entry at offset `at` stands in the table, or -1 when its key was deleted or has moved to a newer
    /// entry.
    private int slotOf(int at) {
        int slot = home(BigEndian.getInt(ring, at + HASH));
        while (table[slot] != 0) {
            if (offset(slot) == at) {
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
            int home = home(BigEndian.getInt(ring, offset(next) + HASH));
            if (distance(home, next) >= distance(free, next)) {
                table[free] = table[next];
                free = next;
            }
            next = after(next);
        }
        table[free] = 0;
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
