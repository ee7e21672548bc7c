package io.metastore.mvcc;

import io.metastore.value.Bytes;
import java.util.function.LongSupplier;

/// Memory that a read may take for the pairs it gathers, in bytes. Whoever grants it is asked only when what
/// was granted is used up, so that a small read pays for an addition and a comparison a pair. Belongs to one
/// thread at a time.
public abstract class Allowance {
    /// What a pair costs in memory beside its key and value while an answer is being made of it: as it was
    /// found (objects, headers of arrays, a place in a list: about 150 bytes) and as it is sent (about 130).
    public static final int PAIR_BYTES = 288;

    private long gathered;
    private long granted;

    /// @param granted bytes that may be gathered without asking
    protected Allowance(long granted) {
        this.granted = granted;
    }

    /// Without bounds, for reads that are bounded in another way.
    public static Allowance unlimited() {
        return new Allowance(Long.MAX_VALUE) {
            @Override
            protected boolean grow(LongSupplier expected) {
                return true;
            }
        };
    }

    /// Bytes gathered since [#restart].
    public final long gathered() {
        return gathered;
    }

    /// Begins anew.
    protected final void restart(long bytes) {
        gathered = 0;
        granted = bytes;
    }

    /// Lets [#gathered] grow up to `bytes` without asking.
    protected final void grant(long bytes) {
        granted = bytes;
    }

    /// False when pairs are only measured: each is forgotten as soon as its size is known.
    protected boolean keeps() {
        return true;
    }

    /// More was gathered than granted. Grants more, or throws what the read is to end with.
    ///
    /// @param expected estimates what the read will have gathered at its end; costs about as much as reading a
    ///     few hundred keys
    /// @return false to end the read here, as if a limit had been reached
    protected abstract boolean grow(LongSupplier expected);

    /// Counts a pair in; false when more is gathered than granted.
    ///
    /// @param valueLength bytes of its value, 0 when it is read without
    final boolean add(Bytes key, int valueLength) {
        gathered += PAIR_BYTES + key.length() + valueLength;
        return gathered <= granted;
    }
}
