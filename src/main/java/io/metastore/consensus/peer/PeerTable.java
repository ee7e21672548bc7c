package io.metastore.consensus.peer;

import io.metastore.cluster.Incarnation;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Who the members are and where they are reached. Any thread may ask.
public interface PeerTable {
    /// A member as it is known.
    ///
    /// @param urls        where it is reached, in the order in which they are tried
    /// @param incarnation the data directory that it runs on
    record Known(List<URI> urls, Incarnation incarnation) {}

    /// By member id, this member included.
    Map<Long, Known> members();

    /// Ids of those who were removed and never come back.
    default Set<Long> removed() {
        return Set.of();
    }
}
