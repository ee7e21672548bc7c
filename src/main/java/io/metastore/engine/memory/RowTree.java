package io.metastore.engine.memory;

import java.util.Arrays;

/// An ordered map of bytes that never changes: an edit makes another one, which shares with it whatever it left alone.
///
/// A B+ tree of nodes with up to [#WIDTH] entries. Whoever edits copies the nodes on the way to a row once, however
/// many rows below them change before [Edit#done]; a put into a tree of a million rows copies four nodes, a batch of a
/// hundred neighbours hardly more.
///
/// Trees may be read by any number of threads without a lock. An [Edit] belongs to one thread.
final class RowTree {
    /// Entries of a full node: wider ones make a single put dearer, narrower ones the tree deeper.
    static final int WIDTH = 32;

    /// A node with fewer entries is joined with a neighbour, when both fit well into one.
    private static final int NARROW = WIDTH / 4;

    static final RowTree EMPTY = new RowTree(new Leaf(null, 0));

    private final Node root;

    private RowTree(Node root) {
        this.root = root;
    }

    /// A leaf or an inner node: entries in ascending order of `keys`, compared as unsigned bytes.
    abstract static sealed class Node {
        /// The edit that made the node and may change it; of a finished tree, one that has ended.
        final Edit owner;
        /// Of a leaf, the rows' keys. Of an inner node, the smallest key that may lie below the child at that place;
        /// that of the first is never looked at.
        final byte[][] keys;
        int size;

        private Node(Edit owner, byte[][] keys, int size) {
            this.owner = owner;
            this.keys = keys;
            this.size = size;
        }

        final boolean isFull() {
            return size == WIDTH;
        }

        abstract Node copyFor(Edit edit);

        /// Moves the entries from place `from` on to a new node on the right.
        abstract Node split(Edit edit, int from);

        /// Takes over all entries of `right`, which lies right of this; `between` is the smallest key below it.
        abstract void join(Node right, byte[] between);
    }

    static final class Leaf extends Node {
        final byte[][] values;

        private Leaf(Edit owner, int size) {
            this(owner, new byte[WIDTH][], new byte[WIDTH][], size);
        }

        private Leaf(Edit owner, byte[][] keys, byte[][] values, int size) {
            super(owner, keys, size);
            this.values = values;
        }

        /// The place of `key`, or -1 - the place where it would go in.
        int find(byte[] key) {
            int low = 0;
            int high = size - 1;
            while (low <= high) {
                int middle = (low + high) >>> 1;
                int order = Arrays.compareUnsigned(keys[middle], key);
                if (order == 0) {
                    return middle;
                } else if (order < 0) {
                    low = middle + 1;
                } else {
                    high = middle - 1;
                }
            }
            return -1 - low;
        }

        @Override
        Leaf copyFor(Edit edit) {
            return new Leaf(edit, keys.clone(), values.clone(), size);
        }

        @Override
        Leaf split(Edit edit, int from) {
            Leaf right = new Leaf(edit, size - from);
            move(keys, from, size, right.keys);
            move(values, from, size, right.values);
            size = from;
            return right;
        }

        @Override
        void join(Node right, byte[] between) {
            Leaf leaf = (Leaf) right;
            System.arraycopy(leaf.keys, 0, keys, size, leaf.size);
            System.arraycopy(leaf.values, 0, values, size, leaf.size);
            size += leaf.size;
        }

        private void insert(int place, byte[] key, byte[] value) {
            putIn(keys, place, size, key);
            putIn(values, place, size, value);
            size++;
        }

        private void remove(int place) {
            takeOut(keys, place, size);
            takeOut(values, place, size);
            size--;
        }
    }

    static final class Inner extends Node {
        final Node[] children;

        private Inner(Edit owner, int size) {
            this(owner, new byte[WIDTH][], new Node[WIDTH], size);
        }

        private Inner(Edit owner, byte[][] keys, Node[] children, int size) {
            super(owner, keys, size);
            this.children = children;
        }

        /// The place of the child below which `key` lies or would lie. What stands for the first child is passed over:
        /// keys
        /// smaller than that may have come since.
        int childOf(byte[] key) {
            int low = 1;
            int high = size - 1;
            while (low <= high) {
                int middle = (low + high) >>> 1;
                if (Arrays.compareUnsigned(keys[middle], key) <= 0) {
                    low = middle + 1;
                } else {
                    high = middle - 1;
                }
            }
            return high;
        }

        @Override
        Inner copyFor(Edit edit) {
            return new Inner(edit, keys.clone(), children.clone(), size);
        }

        @Override
        Inner split(Edit edit, int from) {
            Inner right = new Inner(edit, size - from);
            move(keys, from, size, right.keys);
            move(children, from, size, right.children);
            size = from;
            return right;
        }

        @Override
        void join(Node right, byte[] between) {
            Inner inner = (Inner) right;
            System.arraycopy(inner.keys, 0, keys, size, inner.size);
            System.arraycopy(inner.children, 0, children, size, inner.size);
            keys[size] = between;
            size += inner.size;
        }

        private void insert(int place, byte[] key, Node child) {
            putIn(keys, place, size, key);
            putIn(children, place, size, child);
            size++;
        }

        private void remove(int place) {
            takeOut(keys, place, size);
            takeOut(children, place, size);
            size--;
        }
    }

    private static <T> void putIn(T[] array, int place, int size, T element) {
        System.arraycopy(array, place, array, place + 1, size - place);
        array[place] = element;
    }

    private static <T> void takeOut(T[] array, int place, int size) {
        System.arraycopy(array, place + 1, array, place, size - 1 - place);
        array[size - 1] = null;
    }

    private static <T> void move(T[] from, int begin, int end, T[] to) {
        System.arraycopy(from, begin, to, 0, end - begin);
        Arrays.fill(from, begin, end, null);
    }

    Node root() {
        return root;
    }

    boolean isEmpty() {
        return root.size == 0;
    }

    /// The value of `key`, or null. Not to be written to.
    byte[] get(byte[] key) {
        Node node = root;
        while (node instanceof Inner inner) {
            node = inner.children[inner.childOf(key)];
        }
        Leaf leaf = (Leaf) node;
        int place = leaf.find(key);
        return place < 0 ? null : leaf.values[place];
    }

    Edit edit() {
        return new Edit(root);
    }

    /// A tree that is being made from another one, which stays as it is.
    static final class Edit {
        private Node root;
        private boolean done;

        private Edit(Node root) {
            this.root = root;
        }

        private Node mine(Node node) {
            return node.owner == this ? node : node.copyFor(this);
        }

        /// Sets the value of `key`; both arrays are the tree's from then on. Returns the value before, or null.
        byte[] put(byte[] key, byte[] value) {
            if (root.isFull()) {
                Inner above = new Inner(this, 0);
                above.insert(0, root.keys[0], root);
                root = above;
                splitChild(above, 0, key);
            }
            root = mine(root);
            Node node = root;
            // No node on the way is full, so a child that is can be split at once.
            while (node instanceof Inner inner) {
                int place = inner.childOf(key);
                if (inner.children[place].isFull()) {
                    splitChild(inner, place, key);
                    place = inner.childOf(key);
                }
                Node child = mine(inner.children[place]);
                inner.children[place] = child;
                node = child;
            }
            Leaf leaf = (Leaf) node;
            int place = leaf.find(key);
            if (place >= 0) {
                byte[] before = leaf.values[place];
                leaf.values[place] = value;
                return before;
            }
            leaf.insert(-place - 1, key, value);
            return null;
        }

        /// Splits a full child in the middle, or where `key` is about to be appended right at its end: rows that
        /// come in order, as the history's do, leave full nodes behind.
        private void splitChild(Inner parent, int place, byte[] key) {
            Node left = mine(parent.children[place]);
            boolean appended = Arrays.compareUnsigned(left.keys[left.size - 1], key) < 0;
            Node right = left.split(this, appended ? left.size - 1 : left.size / 2);
            parent.children[place] = left;
            parent.insert(place + 1, right.keys[0], right);
        }

        /// Removes the row of `key`. Returns its value, or null when there was none.
        byte[] remove(byte[] key) {
            if (holds(key) == null) {
                return null;
            }
            root = mine(root);
            byte[] before = remove(root, key);
            while (root instanceof Inner inner && inner.size == 1) {
                root = inner.children[0];
            }
            return before;
        }

        private byte[] holds(byte[] key) {
            return new RowTree(root).get(key);
        }

        /// @param node ours to change
        private byte[] remove(Node node, byte[] key) {
            if (node instanceof Leaf leaf) {
                int place = leaf.find(key);
                byte[] before = leaf.values[place];
                leaf.remove(place);
                return before;
            }
            Inner inner = (Inner) node;
            int place = inner.childOf(key);
            Node child = mine(inner.children[place]);
            inner.children[place] = child;
            byte[] before = remove(child, key);
            if (child.size < NARROW) {
                widen(inner, place);
            }
            return before;
        }

        /// Joins a narrow child with a neighbour when that leaves room for more; an empty one goes.
        private void widen(Inner parent, int place) {
            Node child = parent.children[place];
            if (child.size == 0 && parent.size > 1) {
                parent.remove(place);
                return;
            }
            if (place + 1 < parent.size && joins(parent, place)) {
                return;
            }
            if (place > 0) {
                joins(parent, place - 1);
            }
        }

        /// Joins the child at `place` with the one right of it, if both are narrow enough.
        private boolean joins(Inner parent, int place) {
            Node left = parent.children[place];
            Node right = parent.children[place + 1];
            if (left.size + right.size > WIDTH - NARROW) {
                return false;
            }
            left = mine(left);
            left.join(right, parent.keys[place + 1]);
            parent.children[place] = left;
            parent.remove(place + 1);
            return true;
        }

        /// The finished tree. The edit takes no more changes.
        RowTree done() {
            if (done) {
                throw new IllegalStateException("the tree is finished");
            }
            done = true;
            Node finished = root;
            root = null;
            return finished.size == 0 ? EMPTY : new RowTree(finished);
        }
    }
}
