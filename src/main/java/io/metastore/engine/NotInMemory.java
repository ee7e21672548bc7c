package io.metastore.engine;

/// Says that a read would have had to wait for the disk. Thrown often and expected, so it carries no stack.
public final class NotInMemory extends RuntimeException {
    public static final NotInMemory INSTANCE = new NotInMemory();

    private NotInMemory() {
        super("the row is not in memory", null, false, false);
    }
}
