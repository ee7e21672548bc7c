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
    /// What is read at once of the keys of a lease that is revoked: at least one, then up to this.
    private static final int PORTION_KEYS = 1000;

    private static final long PORTION_BYTES = 1 << 20;

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
        return portion(reads, id, null, Integer.MAX_VALUE, Long.MAX_VALUE).keys();
    }

    /// Some of the keys that hang on a lease.
    ///
    /// @param keys in ascending order
    /// @param last whether there are none behind them; else there is at least one here
    record Portion(List<Bytes> keys, boolean last) {}

    /// The first of them behind `after`, null for the beginning.
    static Portion portion(Reads reads, long id, Bytes after) {
        return portion(reads, id, after, PORTION_KEYS, PORTION_BYTES);
    }

    private static Portion portion(Reads reads, long id, Bytes after, int mostKeys, long mostBytes) {
        byte[] from = after == null ? LeaseRow.key(id) : LeaseRow.attachment(id, after.successor());
        List<Bytes> keys = new ArrayList<>();
        long bytes = 0;
        try (Cursor rows = reads.cursor(Table.LEASE_KEYS, from, LeaseRow.end(id))) {
            while (rows.next()) {
                if (keys.size() >= mostKeys || bytes >= mostBytes) {
                    return new Portion(keys, false);
                }
                Bytes key = LeaseRow.userKey(rows.key());
                keys.add(key);
                bytes += key.length();
            }
        }
        return new Portion(keys, true);
    }

    void publish(Lease lease) {
        granted.put(lease.id(), lease);
    }

    void withdraw(long id) {
        granted.remove(id);
    }
}
