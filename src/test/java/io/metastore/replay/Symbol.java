package io.metastore.replay;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;

/// Numbers in a request that stand for something known only when it is sent. The upper four bits of the number
/// say what, the rest is an offset.
enum Symbol {
    /// The newest revision, plus an offset.
    LATEST(1),
    /// The compacted revision (0 while there is none), plus an offset.
    COMPACTED(2),
    /// A revision between those two; the offset is in thousandths of the way.
    BETWEEN(3),
    /// The lease with this number among those whose id the server drew.
    DRAWN_LEASE(4),
    /// The id of the member that is asked.
    OWN_MEMBER(5);

    private static final long SPREAD = 1L << 40;
    private static final int SHIFT = 60;

    private final int tag;

    Symbol(int tag) {
        this.tag = tag;
    }

    /// What symbols mean to one server at one moment.
    ///
    /// @param drawnLeases ids that the server drew, in the order in which they were asked for; null leaves their
    ///                    symbols
    record Meaning(long latest, long compacted, List<Long> drawnLeases, long ownMember) {
        /// An id that no lease has: stands for a drawn lease that was not granted.
        private static final long NO_LEASE = 987_654_321;

        private long of(Symbol symbol, long offset) {
            return switch (symbol) {
                case LATEST -> latest + offset;
                case COMPACTED -> compacted + offset;
                case BETWEEN -> compacted + (latest - compacted) * offset / 1000;
                case DRAWN_LEASE -> drawn(offset);
                case OWN_MEMBER -> ownMember;
            };
        }

        private long drawn(long offset) {
            if (drawnLeases == null) {
                return DRAWN_LEASE.plus(offset);
            }
            return offset < drawnLeases.size() ? drawnLeases.get(Math.toIntExact(offset)) : NO_LEASE;
        }

        private long of(long number) {
            Symbol symbol = symbol(number);
            return symbol == null ? number : of(symbol, offset(symbol, number));
        }

        /// A request with every symbol replaced.
        @SuppressWarnings("unchecked") // a builder of a message of a type builds messages of that type
        <M extends Message> M of(M request) {
            return (M) replaced(request, this::of);
        }

        /// A request that says the same by the distance from the newest revision, where it says it by a part of the
        /// way: that changes less when steps before it are left out.
        @SuppressWarnings("unchecked") // a builder of a message of a type builds messages of that type
        <M extends Message> M anchored(M request) {
            return (M)
                    replaced(request, number -> symbol(number) == BETWEEN ? LATEST.plus(of(number) - latest) : number);
        }

        private static Message replaced(Message message, LongUnaryOperator meaning) {
            Message.Builder changed = null;
            for (Map.Entry<FieldDescriptor, Object> field :
                    message.getAllFields().entrySet()) {
                Object value = value(field.getKey(), field.getValue(), meaning);
                if (value != field.getValue()) {
                    changed = changed == null ? message.toBuilder() : changed;
                    changed.setField(field.getKey(), value);
                }
            }
            return changed == null ? message : changed.build();
        }

        private static Object value(FieldDescriptor field, Object value, LongUnaryOperator meaning) {
            if (field.isRepeated()) {
                List<Object> values = new ArrayList<>();
                boolean changed = false;
                for (Object one : (List<?>) value) {
                    Object other = single(one, meaning);
                    changed |= other != one;
                    values.add(other);
                }
                return changed ? values : value;
            }
            return single(value, meaning);
        }

        private static Object single(Object value, LongUnaryOperator meaning) {
            return switch (value) {
                case Message message -> replaced(message, meaning);
                case Long number when symbol(number) != null -> meaning.applyAsLong(number);
                default -> value;
            };
        }
    }

    /// The number that stands for this with an offset.
    long plus(long offset) {
        return ((long) tag << SHIFT) + offset;
    }

    private static Symbol symbol(long number) {
        int tag = (int) ((number + SPREAD) >>> SHIFT);
        if (tag < 1 || tag > values().length) {
            return null;
        }
        Symbol symbol = values()[tag - 1];
        return Math.abs(offset(symbol, number)) < SPREAD ? symbol : null;
    }

    private static long offset(Symbol symbol, long number) {
        return number - ((long) symbol.tag << SHIFT);
    }
}
