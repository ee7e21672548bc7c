package io.metastore.mvcc;

import io.metastore.value.KeyRange;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/// Which keys came and went lately, newest first: a count at a recent revision is the newest count with these
/// undone, so pages two to n of a list, read at the revision of page one, cost no walk.
///
/// A chain of blocks, one per chunk of applied commands that changed the number of keys. A view holds the
/// newest block of its time. The oldest blocks are cut off beyond [#BYTES]; a reader that meets the cut walks
/// instead.
final class RecentChanges {
    /// Room for changes, in bytes: 11,000 of keys of 32 bytes or 5,000 of 90, what comes and goes in the seconds
    /// that a list in pages takes.
    static final int BYTES = 512 << 10;

    /// The most that one chunk's changes may take beyond that. One that deletes more keys at once is not remembered,
    /// and so is nothing before it.
    static final int CHUNK_MAX = 16 << 20;

    /// One array of bytes, and not objects: changes live as long as they are recent, so the collector would copy
    /// each of them a dozen times and then keep it in the old part, dead, until that is full.
    static final class Block {
        private static final int LENGTH = 8;
        private static final int KEY = 12;

        private final long floor;

        /// The changes, newest first: revision and, in the lowest bit, whether the key was created (8 bytes), the
        /// key's length (4 bytes), key.
        private final byte[] changes;

        private volatile Block older;

        /// @param floor the revision before the block's first change: with this block and all newer ones undone,
        ///              the count is that of this revision
        /// @param bytes what `changes` take, by [#size]
        private Block(long floor, List<LifeChange> changes, int bytes, Block older) {
            this.floor = floor;
            this.changes = new byte[bytes];
            this.older = older;
            int at = 0;
            for (LifeChange change : changes.reversed()) {
                byte[] key = change.key().array();
                BigEndian.putLong(this.changes, at, change.revision() << 1 | (change.created() ? 1 : 0));
                BigEndian.putInt(this.changes, at + LENGTH, key.length);
                System.arraycopy(key, 0, this.changes, at + KEY, key.length);
                at += KEY + key.length;
            }
        }

        private static long size(List<LifeChange> changes) {
            long size = 0;
            for (LifeChange change : changes) {
                size += KEY + change.key().length();
            }
            return size;
        }

        /// How many more keys of `range` lived at the time of this block than at `revision`, or [#UNKNOWN].
        long gained(KeyRange range, long revision) {
            long gained = 0;
            for (Block block = this; block != null; block = block.older) {
                gained += block.gainedHere(range, revision);
                if (block.floor <= revision) {
                    return gained;
                }
            }
            return UNKNOWN;
        }

        private long gainedHere(KeyRange range, long revision) {
            long gained = 0;
            for (int at = 0; at < changes.length; ) {
                long stamp = BigEndian.getLong(changes, at);
                if (stamp >>> 1 <= revision) {
                    break;
                }
                int key = at + KEY;
                int end = key + BigEndian.getInt(changes, at + LENGTH);
                if (range.contains(changes, key, end)) {
                    gained += (stamp & 1) == 1 ? 1 : -1;
                }
                at = end;
            }
            return gained;
        }
    }

    static final long UNKNOWN = Long.MIN_VALUE;

    private final Deque<Block> blocks = new ArrayDeque<>();
    private long size;

    /// Nothing is known before `revision`.
    RecentChanges(long revision) {
        blocks.addLast(nothingBefore(revision));
    }

    private static Block nothingBefore(long revision) {
        return new Block(revision, List.of(), 0, null);
    }

    Block newest() {
        return blocks.getLast();
    }

    /// Adds the changes of one chunk, in order of revision.
    ///
    /// @param floor the revision before the chunk
    void add(long floor, List<LifeChange> changes) {
        if (changes.isEmpty()) {
            return;
        }
        long bytes = Block.size(changes);
        if (bytes > CHUNK_MAX) {
            forget(changes.getLast().revision());
            return;
        }
        blocks.addLast(new Block(floor, changes, (int) bytes, newest()));
        size += bytes;
        while (size > BYTES && blocks.size() > 1) {
            size -= blocks.removeFirst().changes.length;
            blocks.getFirst().older = null;
        }
    }

    /// Knows nothing before `revision` any more.
    void forget(long revision) {
        blocks.clear();
        size = 0;
        blocks.addLast(nothingBefore(revision));
    }

    /// For a view of which no older state is known: the block of `revision` alone.
    static Block alone(long revision) {
        return nothingBefore(revision);
    }
}
