package io.metastore.mvcc;

import io.metastore.value.KeyRange;
import java.util.Objects;

/// What a Range asks for, validated.
///
/// @param range    which keys
/// @param revision main revision to read at; 0 or less for the newest (KVR-19)
/// @param limit    most pairs to return; 0 or less for all (KVR-12)
/// @param detail   how much of each pair to return
/// @param order    in which order
/// @param filter   which revisions to let through
public record RangeQuery(KeyRange range, long revision, long limit, Detail detail, Order order, Filter filter) {
    public RangeQuery {
        Objects.requireNonNull(range);
        Objects.requireNonNull(detail);
        Objects.requireNonNull(order);
        Objects.requireNonNull(filter);
    }

    /// Everything about the keys of `range` at the newest revision.
    public static RangeQuery all(KeyRange range) {
        return new RangeQuery(range, 0, 0, Detail.FULL, Order.NONE, Filter.NONE);
    }

    public RangeQuery withRange(KeyRange other, long otherLimit, long otherRevision) {
        return new RangeQuery(other, otherRevision, otherLimit, detail, order, filter);
    }

    /// How much of each pair is asked for.
    public enum Detail {
        FULL,
        /// Without values; see KVR-16 for what becomes of the lease.
        KEYS_ONLY,
        COUNT_ONLY
    }

    /// What pairs are sorted by.
    public enum Target {
        KEY,
        VERSION,
        CREATE,
        MOD,
        VALUE
    }

    /// Which way pairs are sorted; see [Order] for NONE.
    public enum Direction {
        NONE,
        ASCEND,
        DESCEND
    }

    /// The order asked for. Without a direction any target sorts upwards (KVR-08).
    public record Order(Direction direction, Target target) {
        public static final Order NONE = new Order(Direction.NONE, Target.KEY);

        /// Whether the order of keys is what is asked for.
        public boolean isNatural() {
            return target == Target.KEY && direction != Direction.DESCEND;
        }

        /// Whether only part of the range needs reading under a limit. A target other than the key without a direction
        /// sorts just the slice that the limit leaves (KVR-11).
        public boolean allowsLimit() {
            return isNatural() || direction == Direction.NONE;
        }
    }

    /// Inclusive bounds on revisions, each switched off by 0 (KVR-17).
    public record Filter(long minMod, long maxMod, long minCreate, long maxCreate) {
        public static final Filter NONE = new Filter(0, 0, 0, 0);

        public boolean isOff() {
            return minMod == 0 && maxMod == 0 && minCreate == 0 && maxCreate == 0;
        }

        boolean passes(KeyEntry entry) {
            return (minMod == 0 || entry.main() >= minMod)
                    && (maxMod == 0 || entry.main() <= maxMod)
                    && (minCreate == 0 || entry.createRevision() >= minCreate)
                    && (maxCreate == 0 || entry.createRevision() <= maxCreate);
        }
    }
}
