package io.metastore.mvcc;

import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.util.ArrayDeque;
import java.util.Deque;

/// Which keys came and went lately, newest first: a count at a recent revision is the newest count with these
/// undone, so pages two to n of a list, read at the revision of page one, cost no walk.
///
/// A chain of blocks, one per chunk of applied commands that changed the number of keys. A view holds the
/// newest block of its time. The oldest blocks are cut off beyond [#MAX] changes; a reader that meets the cut
/// walks instead.
final class RecentChanges {
    /// Changes kept, at some 80 bytes each: what comes and goes in the seconds that a list in pages takes.
    static final int MAX = 16_384;

    /// @param floor the revision before the block's first change: with this block and all newer ones undone,
    ///              the count is that of this revision
    static final class Block {
        private final long floor;
        private final long[] revisions;
        private final Bytes[] keys;
        private final boolean[] created;
        private volatile Block older;

        private Block(long floor, long[] revisions, Bytes[] keys, boolean[] created, Block older) {
            this.floor = floor;
            this.revisions = revisions;
            this.keys = keys;
            this.created = created;
            this.older = older;
        }

        /// How many more keys of `range` lived at the time of this block than at `revision`, or [#UNKNOWN].
        long gained(KeyRange range, long revision) {
            long gained = 0;
            for (Block block = this; block != null; block = block.older) {
                for (int i = block.keys.length - 1; i >= 0 && block.revisions[i] > revision; i--) {
                    if (range.contains(block.keys[i])) {
                        gained += block.created[i] ? 1 : -1;
                    }
                }
                if (block.floor <= revision) {
                    return gained;
                }
            }
            return UNKNOWN;
        }
    }

    static final long UNKNOWN = Long.MIN_VALUE;

    private final Deque<Block> blocks = new ArrayDeque<>();
    private int size;

    /// Nothing is known before `revision`.
    RecentChanges(long revision) {
        blocks.addLast(new Block(revision, new long[0], new Bytes[0], new boolean[0], null));
    }

    Block newest() {
        return blocks.getLast();
    }

    /// Adds the changes of one chunk, in order of revision.
    void add(long floor, long[] revisions, Bytes[] keys, boolean[] created) {
        if (keys.length == 0) {
            return;
        }
        blocks.addLast(new Block(floor, revisions, keys, created, newest()));
        size += keys.length;
        while (size > MAX && blocks.size() > 1) {
            size -= blocks.removeFirst().keys.length;
            blocks.getFirst().older = null;
        }
    }
}
