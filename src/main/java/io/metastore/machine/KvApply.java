package io.metastore.machine;

import io.metastore.lease.LeaseChunk;
import io.metastore.mvcc.Chunk;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import io.metastore.value.StoreError;
import java.util.ArrayList;
import java.util.List;

/// Puts and deletes, alone and as part of a transaction.
final class KvApply {
    private final Chunk chunk;
    private final LeaseChunk leases;
    private final Spill spill;

    KvApply(Chunk chunk, LeaseChunk leases, Spill spill) {
        this.chunk = chunk;
        this.leases = leases;
        this.spill = spill;
    }

    Outcome<Result.Put> put(Command.Put put) {
        if (put.lease() != 0 && leases.find(put.lease()) == null) {
            return new Outcome.Refused<>(StoreError.LEASE_NOT_FOUND);
        }
        if (put.needsPresentKey() && !chunk.exists(put.key())) {
            return new Outcome.Refused<>(StoreError.KEY_NOT_FOUND);
        }
        chunk.startRequest();
        Result.Put result = write(put);
        chunk.endRequest();
        return Applying.done(result);
    }

    Outcome<Result.Delete> delete(Command.DeleteRange delete, boolean answered) {
        chunk.startRequest();
        return rest(delete, answered);
    }

    /// Of a delete whose request is open, what is left to do.
    Outcome<Result.Delete> rest(Command.DeleteRange delete, boolean answered) {
        Result.Delete result = write(delete, answered);
        chunk.endRequest();
        return Applying.done(result);
    }

    /// Within a request whose checks have passed.
    Result.Put write(Command.Put put) {
        KeyValue previous = put.previous() || put.ignoreValue() ? chunk.get(put.key()) : null;
        long oldLease = chunk.leaseOf(put.key());
        Bytes value = put.ignoreValue() ? previous.value() : put.value();
        long lease = put.ignoreLease() ? oldLease : put.lease();
        chunk.put(put.key(), value, lease);
        leases.move(put.key(), oldLease, lease);
        return new Result.Put(put.previous() ? previous : null, chunk.visibleRevision());
    }

    /// A range of any number of keys takes bounded memory, but for the previous pairs of one that is answered with
    /// them: those were measured before the command was proposed.
    Result.Delete write(Command.DeleteRange delete, boolean answered) {
        boolean previous = answered && delete.previous();
        Deleted deleted = new Deleted(previous);
        KeyRange left = chunk.delete(delete.range(), previous, deleted::add, spill::isDue);
        while (left != null) {
            spill.run();
            left = chunk.delete(left, previous, deleted::add, spill::isDue);
        }
        return new Result.Delete(deleted.count, deleted.previous, chunk.visibleRevision());
    }

    /// What a delete has found.
    private final class Deleted {
        private final List<KeyValue> previous;
        private final boolean kept;
        private long count;

        private Deleted(boolean kept) {
            this.kept = kept;
            this.previous = kept ? new ArrayList<>() : List.of();
        }

        private void add(KeyValue pair) {
            count++;
            leases.move(pair.key(), pair.lease(), 0);
            if (kept) {
                previous.add(pair);
            }
        }
    }

    /// Deletes all keys of lease `id`, within an open request.
    void deleteKeysOf(long id) {
        Bytes after = null;
        LeaseChunk.Portion portion;
        do {
            portion = leases.keys(id, after);
            chunk.prefetch(List.copyOf(portion.keys()));
            for (Bytes key : portion.keys()) {
                chunk.delete(key);
                leases.move(key, id, 0);
                after = key;
                if (spill.isDue()) {
                    spill.run();
                }
            }
        } while (!portion.last());
    }
}
