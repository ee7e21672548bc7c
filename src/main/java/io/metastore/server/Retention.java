package io.metastore.server;

import java.time.Duration;

/// How much history automatic compaction keeps.
public sealed interface Retention {
    /// Automatic compaction is off.
    record Off() implements Retention {}

    /// What was written within this time stays.
    record Periodic(Duration time) implements Retention {}

    /// This many revisions stay.
    record Revisions(long count) implements Retention {}

    /// Reads auto-compaction-retention as its mode counts it: a bare number means hours in the mode `periodic`.
    ///
    /// @throws IllegalArgumentException saying what the text is not
    static Retention parse(String mode, String text) {
        String stripped = text.strip();
        boolean bare = stripped.matches("\\+?[0-9]{1,18}");
        if (mode.equals("revision")) {
            // etcd counts the nanoseconds of a duration as revisions: that many there never are.
            long count = bare ? Long.parseLong(stripped) : revisionsOf(stripped);
            if (count < 0) {
                throw new IllegalArgumentException("must not be negative");
            }
            return count == 0 ? new Off() : new Revisions(count);
        }
        if (bare && stripped.length() > 6) {
            throw new IllegalArgumentException("is too long; a bare number counts hours");
        }
        Duration time = bare ? Duration.ofHours(Long.parseLong(stripped)) : Quantities.duration(stripped);
        if (time.isNegative()) {
            throw new IllegalArgumentException("must not be negative");
        }
        return time.isZero() ? new Off() : new Periodic(time);
    }

    private static long revisionsOf(String text) {
        try {
            return Quantities.duration(text).toNanos();
        } catch (IllegalArgumentException notOne) {
            throw new IllegalArgumentException(
                    "is not a number of revisions, which the mode revision counts by", notOne);
        }
    }
}
