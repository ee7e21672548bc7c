package io.metastore.machine;

import io.metastore.lease.LeaseChunk;
import io.metastore.value.Event;
import java.util.List;

/// Learns what each chunk changed, on the apply thread, once it is written and its view published. Must not
/// block.
public interface CommitListener {
    /// @param events   changes of keys, in order
    /// @param leases   leases granted and revoked
    /// @param revision the store's revision after the chunk
    void committed(List<Event> events, LeaseChunk.Changes leases, long revision);
}
