package io.metastore.lease;

import io.metastore.engine.Cursor;
import io.metastore.engine.Reads;
import io.metastore.engine.Table;
import io.metastore.value.Bytes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/// The replicated state of leases: which are granted, for how long, and which keys hang on them. When they run
/// out is not part of it: that is for the leader to watch over.
///
/// Changes come through a [LeaseChunk] on the apply thread; reads may come from any thread.
public final class Leases {
    private final ConcurrentMap<Long, Lease> granted = new ConcurrentHashMap<>();

    /// Loads what `reads` holds.
    public Leases(Reads reads) {
        try (Cursor rows = reads.cursor(Table.LEASES, new byte[0], null)) {
            while (rows.next()) {
                Lease lease = LeaseRow.lease(rows.key(), rows.value());
                granted.put(lease.id(), lease);
            }
        }
    }

    /// The lease, or null.
    public Lease find(long id) {
        return granted.get(id);
    }

    public Collection<Lease> all() {
        return List.copyOf(granted.values());
    }

    /// The keys that hang on lease `id` in the state that `reads` shows, in ascending order.
    public static List<Bytes> keys(Reads reads, long id) {
        List<Bytes> keys = new ArrayList<>();
        try (Cursor rows = reads.cursor(Table.LEASE_KEYS, LeaseRow.key(id), LeaseRow.end(id))) {
            while (rows.next()) {
                keys.add(LeaseRow.userKey(rows.key()));
            }
        }
        return keys;
    }

    void publish(Lease lease) {
        granted.put(lease.id(), lease);
    }

    void withdraw(long id) {
        granted.remove(id);
    }
}
