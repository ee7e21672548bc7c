package io.metastore.machine;

import io.metastore.lease.LeaseChunk;
import io.metastore.mvcc.Chunk;
import io.metastore.value.Bytes;
import io.metastore.value.KeyValue;
import io.metastore.value.StoreError;
import java.util.List;

/// Puts and deletes, alone and as part of a transaction.
final class KvApply {
    private final Chunk chunk;
    private final LeaseChunk leases;

    KvApply(Chunk chunk, LeaseChunk leases) {
        this.chunk = chunk;
        this.leases = leases;
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

    Outcome<Result.Delete> delete(Command.DeleteRange delete) {
        chunk.startRequest();
        Result.Delete result = write(delete);
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

    Result.Delete write(Command.DeleteRange delete) {
        List<KeyValue> found = delete.previous() ? chunk.all(delete.range()) : chunk.withoutValues(delete.range());
        for (KeyValue kv : found) {
            chunk.delete(kv.key());
            leases.move(kv.key(), kv.lease(), 0);
        }
        return new Result.Delete(found.size(), delete.previous() ? found : List.of(), chunk.visibleRevision());
    }
}
