package io.metastore.machine;

import io.metastore.auth.AuthApplied;
import io.metastore.lease.LeaseChunk;
import io.metastore.value.Event;
import java.util.List;

/// Learns what each chunk changed, on the apply thread, once it is written and its view published. Must not
/// block.
public interface CommitListener {
    /// @param events   changes of keys, in order
    /// @param complete whether `events` are all of the chunk's. Of one that was too large to be held in memory they
    ///     are the last; whoever wants all reads the history up to `revision`
    /// @param leases   leases granted and revoked
    /// @param revision the store's revision after the chunk
    void committed(List<Event> events, boolean complete, LeaseChunk.Changes leases, long revision);

    /// Users, roles, permissions or tokens have changed, told before [#committed]: a client that lost a
    /// permission gets nothing of what the same chunk changed.
    ///
    /// @param changes in order, at least one
    default void authChanged(List<AuthApplied> changes) {}

    /// Part of a chunk is about to be written, before the rest of it is even known; nobody can read it yet. Of an entry
    /// that an earlier run of the program wrote in part, only what this one writes is told.
    ///
    /// @param events changes of keys, in order, the next after those told before; not to be kept
    default void spilled(List<Event> events) {}
}
