package io.metastore.service;

import io.metastore.machine.Command;
import io.metastore.machine.Compare;
import io.metastore.machine.Operation;
import io.metastore.machine.Result;
import io.metastore.service.login.Credentials;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import io.metastore.watch.WatchHub;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.BackPressureStrategy;
import java.util.List;

/// Elections as etcd's clients make them: whoever of the candidates for a name came first leads, and says something.
public final class Elections {
    private final Contests contests;
    private final WatchHub watches;

    public Elections(KvService kv, LeaseService leases, WatchHub watches, AccessControl access) {
        this(new Contests(kv, leases, watches, access), watches);
    }

    private Elections(Contests contests, WatchHub watches) {
        this.contests = contests;
        this.watches = watches;
    }

    /// The same for who shows `credentials`.
    public Elections as(Credentials credentials) {
        return new Elections(contests.as(credentials), watches);
    }

    /// A candidacy.
    ///
    /// @param created revision at which its key was created: another candidacy of the same lease has another one
    public record Candidate(Bytes key, long created, long lease) {}

    /// A candidate that leads.
    ///
    /// @param revision of the store when the candidate entered
    public record Elected(Candidate candidate, long revision) {}

    /// What the leader says.
    ///
    /// @param revision of the store when that was known
    public record Observed(KeyValue leader, long revision) {}

    /// Yields once the candidate leads. Giving the wait up, or its failure, withdraws it. One that is there already
    /// says
    /// something else from now on.
    ///
    /// @param lease 0 for one of a minute that nobody renews
    public Uni<Elected> campaign(Bytes name, long lease, Bytes value) {
        return contests.entry(name, lease)
                .flatMap(entry -> contests.enter(entry, value).flatMap(standing -> {
                    Candidate candidate = new Candidate(entry.key(), standing.created(), entry.lease());
                    Uni<?> said = standing.present().isEmpty()
                                    || standing.present().get().value().equals(value)
                            ? Uni.createFrom().voidItem()
                            : proclaim(candidate, value);
                    return said.flatMap(_ -> contests.turn(entry.contenders(), standing.created()))
                            .onFailure()
                            .call(() -> resign(candidate))
                            .onCancellation()
                            .call(() -> resign(candidate))
                            .map(_ -> new Elected(candidate, standing.revision()));
                }));
    }

    /// Says something else as the leader. Yields the store's revision.
    public Uni<Long> proclaim(Candidate candidate, Bytes value) {
        return ifIts(
                        candidate,
                        new Operation.Put(
                                new Command.Put(candidate.key(), value, candidate.lease(), false, false, false)))
                .map(txn -> {
                    if (!txn.succeeded()) {
                        throw new ContestFailure("election: not leader");
                    }
                    return txn.revision();
                });
    }

    /// Withdraws a candidate; nothing happens to another of the same key. Yields the store's revision.
    public Uni<Long> resign(Candidate candidate) {
        return ifIts(candidate, new Operation.Delete(new Command.DeleteRange(KeyRange.single(candidate.key()), false)))
                .map(Result.Txn::revision);
    }

    private Uni<Result.Txn> ifIts(Candidate candidate, Operation then) {
        return contests.write(new Command.Txn(
                List.of(new Compare(
                        KeyRange.single(candidate.key()),
                        Compare.Target.CREATE,
                        Compare.Relation.EQUAL,
                        candidate.created(),
                        Bytes.EMPTY)),
                List.of(then),
                List.of()));
    }

    /// Who leads now.
    public Uni<Observed> leader(Bytes name) {
        return contests.read(Contests.first(Contests.contenders(name)))
                .map(found -> new Observed(
                        Contests.pair(found).orElseThrow(() -> new ContestFailure("election: no leader")),
                        found.revision()));
    }

    /// Who leads, from now on, and what each says. Whoever reads slowly gets the newest and not each.
    public Multi<Observed> observe(Bytes name) {
        return Multi.createFrom()
                .emitter(
                        emitter -> new Observation(contests, watches, Contests.contenders(name), emitter).look(),
                        BackPressureStrategy.LATEST);
    }
}
