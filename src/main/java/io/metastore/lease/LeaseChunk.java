package io.metastore.lease;

import io.metastore.engine.Reads;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import io.metastore.value.Bytes;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// What one chunk of commands does to leases. Its rows join the chunk's batch as it goes; the rest of the
/// member sees the change with [#publish], once the batch is written.
public final class LeaseChunk {
    private final Leases leases;
    private Reads base;
    private WriteBatch batch;
    /// Null for a revoked lease.
    private final Map<Long, Lease> changed = new LinkedHashMap<>();
    /// Whether a key came to hang on a lease or left it, by lease.
    private final Map<Long, NavigableMap<Bytes, Boolean>> attachments = new HashMap<>();

    public LeaseChunk(Leases leases, Reads base, WriteBatch batch) {
        this.leases = leases;
        this.base = base;
        this.batch = batch;
    }

    /// What it has put into the batch is written.
    ///
    /// @param base  what the engine holds now
    /// @param batch for what is still to come
    public void spilled(Reads base, WriteBatch batch) {
        this.base = base;
        this.batch = batch;
        attachments.clear();
    }

    public Lease find(long id) {
        return changed.containsKey(id) ? changed.get(id) : leases.find(id);
    }

    public void grant(Lease lease) {
        changed.put(lease.id(), lease);
        batch.put(Table.LEASES, LeaseRow.key(lease.id()), LeaseRow.value(lease));
    }

    /// Ends a lease that is there. Its [#keys] are for the caller to delete.
    public void revoke(long id) {
        changed.put(id, null);
        batch.delete(Table.LEASES, LeaseRow.key(id));
    }

    /// Some of the keys that hang on a lease.
    ///
    /// @param keys in ascending order
    /// @param last whether there are none behind them
    public record Portion(SortedSet<Bytes> keys, boolean last) {}

    /// The first keys that hang on lease `id` behind `after`, null for the beginning (LEA-07): as many as are read at
    /// once, so that a lease of many keys takes no more memory than one of few. Continue behind the last of them.
    public Portion keys(long id, Bytes after) {
        NavigableMap<Bytes, Boolean> touched = attachments.getOrDefault(id, new TreeMap<>());
        Bytes from = after;
        while (true) {
            Leases.Portion stored = Leases.portion(base, id, from);
            SortedSet<Bytes> keys = new TreeSet<>(stored.keys());
            NavigableMap<Bytes, Boolean> here = from == null ? touched : touched.tailMap(from, false);
            if (!stored.last()) {
                here = here.headMap(stored.keys().getLast(), true);
            }
            here.forEach((key, attached) -> {
                if (attached) {
                    keys.add(key);
                } else {
                    keys.remove(key);
                }
            });
            if (!keys.isEmpty() || stored.last()) {
                return new Portion(keys, stored.last());
            }
            // All of them have left the lease; there may be more behind them.
            from = stored.keys().getLast();
        }
    }

    /// Moves `key` from lease `from` to lease `to`, 0 standing for none (KVP-06, KVP-07).
    public void move(Bytes key, long from, long to) {
        if (from == to) {
            return;
        }
        if (from != 0) {
            attachments.computeIfAbsent(from, _ -> new TreeMap<>()).put(key, false);
            batch.delete(Table.LEASE_KEYS, LeaseRow.attachment(from, key));
        }
        if (to != 0) {
            attachments.computeIfAbsent(to, _ -> new TreeMap<>()).put(key, true);
            batch.put(Table.LEASE_KEYS, LeaseRow.attachment(to, key), LeaseRow.NOTHING);
        }
    }

    /// Makes the changes visible, after the batch is written. Returns them: the leases granted and the ids
    /// revoked.
    public Changes publish() {
        if (changed.isEmpty()) {
            return Changes.NONE;
        }
        changed.forEach((id, lease) -> {
            if (lease == null) {
                leases.withdraw(id);
            } else {
                leases.publish(lease);
            }
        });
        List<Lease> granted =
                changed.values().stream().filter(java.util.Objects::nonNull).toList();
        List<Long> revoked = changed.entrySet().stream()
                .filter(change -> change.getValue() == null)
                .map(Map.Entry::getKey)
                .toList();
        return new Changes(granted, revoked);
    }

    /// What a chunk changed.
    public record Changes(List<Lease> granted, List<Long> revoked) {
        static final Changes NONE = new Changes(List.of(), List.of());

        public boolean isEmpty() {
            return granted.isEmpty() && revoked.isEmpty();
        }
    }
}
