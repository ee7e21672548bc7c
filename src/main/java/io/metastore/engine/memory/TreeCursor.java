package io.metastore.engine.memory;

import io.metastore.engine.Cursor;
import java.util.Arrays;

/// Walks a range of one tree.
final class TreeCursor implements Cursor {
    private final RowTree tree;
    /// Null for no bound.
    private final byte[] to;

    /// The inner nodes above the leaf, from the root down, and which of their children was taken.
    private RowTree.Inner[] above = new RowTree.Inner[4];

    private int[] taken = new int[4];
    private int depth;
    private RowTree.Leaf leaf;
    private int place;
    /// Where the next step begins, null when it follows the row before.
    private byte[] seek;

    TreeCursor(RowTree tree, byte[] from, byte[] to) {
        this.tree = tree;
        this.seek = from;
        this.to = to;
    }

    @Override
    public boolean next() {
        if (seek != null) {
            descend(seek);
            seek = null;
        } else if (leaf != null) {
            place++;
        }
        while (leaf != null && place >= leaf.size) {
            nextLeaf();
        }
        if (leaf != null && to != null && Arrays.compareUnsigned(leaf.keys[place], to) >= 0) {
            leaf = null;
        }
        return leaf != null;
    }

    private void descend(byte[] key) {
        depth = 0;
        RowTree.Node node = tree.root();
        while (node instanceof RowTree.Inner inner) {
            node = enter(inner, inner.childOf(key));
        }
        leaf = (RowTree.Leaf) node;
        int found = leaf.find(key);
        place = found >= 0 ? found : -found - 1;
    }

    private RowTree.Node enter(RowTree.Inner inner, int child) {
        if (depth == above.length) {
            above = Arrays.copyOf(above, 2 * depth);
            taken = Arrays.copyOf(taken, 2 * depth);
        }
        above[depth] = inner;
        taken[depth++] = child;
        return inner.children[child];
    }

    private void nextLeaf() {
        while (depth > 0) {
            depth--;
            RowTree.Inner inner = above[depth];
            int child = taken[depth] + 1;
            if (child < inner.size) {
                RowTree.Node node = enter(inner, child);
                while (node instanceof RowTree.Inner below) {
                    node = enter(below, 0);
                }
                leaf = (RowTree.Leaf) node;
                place = 0;
                return;
            }
        }
        leaf = null;
    }

    @Override
    public void skipTo(byte[] key) {
        seek = key;
    }

    @Override
    public byte[] key() {
        return leaf.keys[place];
    }

    @Override
    public byte[] value() {
        return leaf.values[place];
    }

    @Override
    public byte[] value(int most) {
        byte[] value = value();
        return value.length <= most ? value : Arrays.copyOf(value, most);
    }

    @Override
    public void close() {
        leaf = null;
    }
}
