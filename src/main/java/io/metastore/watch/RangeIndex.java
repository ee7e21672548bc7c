package io.metastore.watch;

import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/// Groups of watchers by range: finds those whose range holds a key.
///
/// A treap ordered by the start of the range; each node knows the greatest end below it, so a search leaves
/// out every subtree that ends before the key. Adding and removing take O(log n), a search O(log n) and
/// about as much again per group found.
final class RangeIndex {
    private static final class Node {
        final WatchGroup group;
        final int priority = ThreadLocalRandom.current().nextInt();
        Node left;
        Node right;
        /// The greatest end in this subtree, null for "no upper bound".
        Bytes maxEnd;

        Node(WatchGroup group) {
            this.group = group;
            this.maxEnd = group.range().end();
        }

        void update() {
            Bytes max = group.range().end();
            if (left != null) {
                max = later(max, left.maxEnd);
            }
            if (right != null) {
                max = later(max, right.maxEnd);
            }
            maxEnd = max;
        }
    }

    private Node root;
    private int size;

    int size() {
        return size;
    }

    /// Adds a group that is not there yet.
    void add(WatchGroup group) {
        root = insert(root, new Node(group));
        size++;
    }

    /// Removes a group that is there.
    void remove(WatchGroup group) {
        root = delete(root, group);
        size--;
    }

    void visit(Bytes key, Consumer<WatchGroup> visitor) {
        visit(root, key, visitor);
    }

    private static void visit(Node start, Bytes key, Consumer<WatchGroup> visitor) {
        Node node = start;
        while (node != null && (node.maxEnd == null || key.compareTo(node.maxEnd) < 0)) {
            visit(node.left, key, visitor);
            KeyRange range = node.group.range();
            if (range.start().compareTo(key) > 0) {
                return;
            }
            if (range.isUnbounded() || key.compareTo(range.end()) < 0) {
                visitor.accept(node.group);
            }
            node = node.right;
        }
    }

    private static Node insert(Node node, Node added) {
        if (node == null) {
            return added;
        }
        if (order(added.group, node.group) < 0) {
            node.left = insert(node.left, added);
            if (node.left.priority > node.priority) {
                return rotateRight(node);
            }
        } else {
            node.right = insert(node.right, added);
            if (node.right.priority > node.priority) {
                return rotateLeft(node);
            }
        }
        node.update();
        return node;
    }

    private static Node delete(Node node, WatchGroup group) {
        if (node == null) {
            throw new IllegalStateException("not in the index: " + group.range());
        }
        int side = order(group, node.group);
        if (side == 0) {
            return join(node.left, node.right);
        }
        if (side < 0) {
            node.left = delete(node.left, group);
        } else {
            node.right = delete(node.right, group);
        }
        node.update();
        return node;
    }

    private static Node join(Node left, Node right) {
        if (left == null) {
            return right;
        }
        if (right == null) {
            return left;
        }
        if (left.priority > right.priority) {
            left.right = join(left.right, right);
            left.update();
            return left;
        }
        right.left = join(left, right.left);
        right.update();
        return right;
    }

    private static Node rotateRight(Node node) {
        Node top = node.left;
        node.left = top.right;
        node.update();
        top.right = node;
        top.update();
        return top;
    }

    private static Node rotateLeft(Node node) {
        Node top = node.right;
        node.right = top.left;
        node.update();
        top.left = node;
        top.update();
        return top;
    }

    private static int order(WatchGroup a, WatchGroup b) {
        int byStart = a.range().start().compareTo(b.range().start());
        if (byStart != 0) {
            return byStart;
        }
        int byEnd = compareEnds(a.range().end(), b.range().end());
        return byEnd != 0 ? byEnd : Integer.compare(a.flavour(), b.flavour());
    }

    private static Bytes later(Bytes a, Bytes b) {
        return compareEnds(a, b) >= 0 ? a : b;
    }

    private static int compareEnds(Bytes a, Bytes b) {
        if (a == null || b == null) {
            return Boolean.compare(a == null, b == null);
        }
        return a.compareTo(b);
    }
}
