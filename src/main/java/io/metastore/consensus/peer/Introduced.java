package io.metastore.consensus.peer;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Where members that the table does not have yet say they are reached. A member that was away knows nobody who came
/// meanwhile; when one of those leads, its state must be copied from there before the table can say where that is.
///
/// The table has the last word about everybody whom it has. Any thread.
public final class Introduced {
    /// More than there are ever members: who is of the cluster and has lost its mind takes no more memory than this.
    private static final int MOST = 64;

    private final Map<Long, List<URI>> urls = new ConcurrentHashMap<>();

    /// Remembers what `member` said last. Called once it was let in.
    ///
    /// @param said in the order in which they are to be tried; empty: nothing is known
    public void heard(long member, List<URI> said) {
        if (!said.isEmpty() && (urls.containsKey(member) || urls.size() < MOST)) {
            urls.put(member, List.copyOf(said));
        }
    }

    /// Where `member` is reached by its own word; empty when it has not said so.
    public List<URI> urls(long member) {
        return urls.getOrDefault(member, List.of());
    }
}
