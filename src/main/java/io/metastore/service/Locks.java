package io.metastore.service;

import io.metastore.machine.Command;
import io.metastore.machine.Result;
import io.metastore.mvcc.RangeQuery;
import io.metastore.service.login.Credentials;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.watch.WatchHub;
import io.smallrye.mutiny.Uni;

/// Locks as etcd's clients make them: whoever of the contenders for a name came first holds it.
public final class Locks {
    private final Contests contests;

    public Locks(KvService kv, LeaseService leases, WatchHub watches, AccessControl access) {
        this(new Contests(kv, leases, watches, access));
    }

    private Locks(Contests contests) {
        this.contests = contests;
    }

    /// The same for who shows `credentials`.
    public Locks as(Credentials credentials) {
        return new Locks(contests.as(credentials));
    }

    /// A lock that is held.
    ///
    /// @param key      what to unlock
    /// @param revision of the store when that was known
    public record Held(Bytes key, long revision) {}

    /// Yields once the lock is held. Giving the wait up, or its failure, deletes the contender's key.
    ///
    /// @param lease 0 for one of a minute that nobody renews
    public Uni<Held> lock(Bytes name, long lease) {
        return contests.entry(name, lease)
                .flatMap(entry -> contests.enter(entry, Bytes.EMPTY)
                        .flatMap(standing -> standing.isFirst()
                                ? Uni.createFrom().item(new Held(entry.key(), standing.revision()))
                                : wait(entry, standing.created())));
    }

    private Uni<Held> wait(Contests.Entry entry, long created) {
        return contests.turn(entry.contenders(), created)
                .onFailure()
                .call(() -> unlock(entry.key()))
                .onCancellation()
                .call(() -> unlock(entry.key()))
                .flatMap(_ -> contests.read(RangeQuery.all(KeyRange.single(entry.key()))))
                .map(found -> {
                    if (Contests.pair(found).isEmpty()) {
                        throw new ContestFailure("mutex: session is expired");
                    }
                    return new Held(entry.key(), found.revision());
                });
    }

    /// Gives a lock up, whoever holds it; nothing happens when there is none. Yields the store's revision.
    public Uni<Long> unlock(Bytes key) {
        return contests.write(new Command.DeleteRange(KeyRange.single(key), false))
                .map(Result.Delete::revision);
    }
}
