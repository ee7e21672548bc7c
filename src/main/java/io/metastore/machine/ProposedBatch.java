package io.metastore.machine;

import java.util.List;

/// Commands that this member proposed as one entry and still has in decoded form, with callers waiting for
/// them.
public interface ProposedBatch {
    List<? extends Command<?>> commands();

    /// Called on the apply thread when the commands are about to be applied.
    default void applying() {}

    /// Hands over the outcomes, one per command in order.
    void complete(List<Outcome<? extends Result>> outcomes);
}
