package io.metastore.server;

import io.metastore.api.GrpcErrors;
import io.metastore.api.http.HealthChecks;
import io.metastore.cluster.Alarm;
import io.metastore.consensus.Unavailable;
import io.metastore.mvcc.RangeQuery;
import io.metastore.service.Guard;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;

/// The health of a running member.
final class MemberHealth implements HealthChecks {
    /// The key that health checks read; whether it is there does not matter.
    private static final RangeQuery HEALTH_KEY = RangeQuery.all(KeyRange.single(Bytes.utf8("health")));

    private final Member member;
    private final BooleanSupplier reachable;
    private final Duration readLimit;

    /// @param reachable whether clients can connect: the metrics addresses answer before they can, and who sends
    ///                  clients to where /readyz is content must not send them too early
    /// @param readLimit how long a read may take (HTH-06)
    MemberHealth(Member member, BooleanSupplier reachable, Duration readLimit) {
        this.member = member;
        this.reachable = reachable;
        this.readLimit = readLimit;
    }

    @Override
    public List<String> alarms() {
        return member.machine().alarms().raised().stream()
                // One that has stopped is no reason to send clients away from the others.
                .filter(alarm -> alarm.type() != Alarm.Type.DIVERGED
                        || alarm.memberId() == member.identity().memberId())
                .map(alarm -> name(alarm.type()))
                .toList();
    }

    /// An alarm's name as etcd writes it.
    static String name(Alarm.Type type) {
        return switch (type) {
            case NO_SPACE -> "NOSPACE";
            case CORRUPT, DIVERGED -> "CORRUPT";
        };
    }

    @Override
    public boolean hasLeader() {
        return member.consensus().leadership().leader() != 0;
    }

    @Override
    public boolean isLearner() {
        return isLearner(member);
    }

    static boolean isLearner(Member member) {
        return member.machine().members().all().stream()
                .anyMatch(other -> other.id() == member.identity().memberId() && other.learner());
    }

    /// Fails at once before the first leader, when the log may not be open yet while the metrics addresses
    /// are, and while clients cannot connect. Later it waits for the next leader as long as any read (HTH-06):
    /// an election is no reason to send clients elsewhere.
    @Override
    public CompletionStage<Void> linearizableRead() {
        if (member.consensus().leadership().changes() == 0) {
            return CompletableFuture.failedFuture(inWordsOfEtcd(new Unavailable.NoLeader()));
        }
        return reachable.getAsBoolean()
                ? read(false)
                : CompletableFuture.failedFuture(new IllegalStateException("the client addresses are not open"));
    }

    @Override
    public CompletionStage<Void> serializableRead() {
        return read(true);
    }

    private CompletionStage<Void> read(boolean serializable) {
        return member.kv()
                .range(HEALTH_KEY, serializable, Guard.NONE)
                .replaceWithVoid()
                .ifNoItem()
                .after(readLimit)
                .failWith(Unavailable.TimedOut::new)
                .onFailure(Unavailable.class)
                .transform(MemberHealth::inWordsOfEtcd)
                .subscribeAsCompletionStage();
    }

    private static Throwable inWordsOfEtcd(Throwable unavailable) {
        return new IllegalStateException(
                GrpcErrors.status((Unavailable) unavailable).getDescription(), unavailable);
    }
}
