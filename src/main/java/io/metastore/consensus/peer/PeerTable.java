package io.metastore.consensus.peer;

import java.net.URI;
import java.util.List;
import java.util.Map;

/// Who the members are and where they are reached. Any thread may ask.
public interface PeerTable {
    /// Peer addresses by member id, this member's own included.
    Map<Long, List<URI>> members();
}
