package io.metastore.replay;

/// Where two servers told apart.
///
/// @param at position of the step in its history
/// @param kind what kind of step, and in what the answers differ; a shrunk history keeps it
/// @param etcd what etcd answered
/// @param metaStore what MetaStore answered
record Difference(int at, String kind, String etcd, String metaStore) {

    @Override
    public String toString() {
        return "step " + (at + 1) + ", " + kind + "\n--- etcd\n" + etcd.stripTrailing() + "\n--- MetaStore\n"
                + metaStore.stripTrailing();
    }

    /// Thrown where the difference shows.
    static final class Found extends Exception {
        private static final long serialVersionUID = 1;

        private final transient Difference difference;

        Found(Difference difference) {
            super(difference.toString());
            this.difference = difference;
        }

        Difference difference() {
            return difference;
        }
    }
}
