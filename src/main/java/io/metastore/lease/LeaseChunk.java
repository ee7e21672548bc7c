package io.metastore.lease;

import io.metastore.engine.Reads;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import io.metastore.value.Bytes;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/// What one chunk of commands does to leases. Its rows join the chunk's batch as it goes; the rest of the
/// member sees the change with [#publish], once the batch is written.
public final class LeaseChunk {
    private final Leases leases;
    private final Reads base;
    private final WriteBatch batch;
    /// Null for a revoked lease.
    private final Map<Long, Lease> changed = new LinkedHashMap<>();
    /// Whether a key came to hang on a lease or left it, by lease.
    private final Map<Long, Map<Bytes, Boolean>> attachments = new HashMap<>();

    public LeaseChunk(Leases leases, Reads base, WriteBatch batch) {
        this.leases = leases;
        this.base = base;
        this.batch = batch;
    }

    public Lease find(long id) {
        return changed.containsKey(id) ? changed.get(id) : leases.find(id);
    }

    public void grant(Lease lease) {
        changed.put(lease.id(), lease);
        batch.put(Table.LEASES, LeaseRow.key(lease.id()), LeaseRow.value(lease));
    }

    /// Ends a lease that is there; its keys, which the caller deletes, are returned in ascending order
    /// (LEA-07).
    public SortedSet<Bytes> revoke(long id) {
        SortedSet<Bytes> keys = keys(id);
        changed.put(id, null);
        batch.delete(Table.LEASES, LeaseRow.key(id));
        return keys;
    }

    private SortedSet<Bytes> keys(long id) {
        SortedSet<Bytes> keys = new TreeSet<>(Leases.keys(base, id));
        attachments.getOrDefault(id, Map.of()).forEach((key, attached) -> {
            if (attached) {
                keys.add(key);
            } else {
                keys.remove(key);
            }
        });
        return keys;
    }

    /// Moves `key` from lease `from` to lease `to`, 0 standing for none (KVP-06, KVP-07).
    public void move(Bytes key, long from, long to) {
        if (from == to) {
            return;
        }
        if (from != 0) {
            attachments.computeIfAbsent(from, _ -> new HashMap<>()).put(key, false);
            batch.delete(Table.LEASE_KEYS, LeaseRow.attachment(from, key));
        }
        if (to != 0) {
            attachments.computeIfAbsent(to, _ -> new HashMap<>()).put(key, true);
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
