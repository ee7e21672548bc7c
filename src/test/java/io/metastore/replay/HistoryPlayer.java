package io.metastore.replay;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.StatusRuntimeException;
import io.metastore.api.etcd.etcdserverpb.AlarmMember;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest.AlarmAction;
import io.metastore.api.etcd.etcdserverpb.AlarmResponse;
import io.metastore.api.etcd.etcdserverpb.CompactionRequest;
import io.metastore.api.etcd.etcdserverpb.HashKVRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseRevokeRequest;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.ResponseHeader;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/// Plays a history on two servers, step by step, and stops where they differ.
final class HistoryPlayer implements AutoCloseable {
    /// What a watcher that starts this far ahead will be sent is not waited for.
    private static final long FAR_AHEAD = 20;

    /// Below this a lease could expire while the history is played.
    private static final long SHORT_TTL = 300;

    private static final ByteString PAD = ByteString.copyFromUtf8("pad");

    private final Side etcd;
    private final Side metaStore;
    private final Tally tally;
    private final List<ReplayStep> meant = new ArrayList<>();
    private final List<ReplayStep> anchored = new ArrayList<>();
    private final Set<Long> compactionPoints = new HashSet<>();
    private final long firstCompacted;
    private long latest;
    private long compacted;
    private boolean collecting;
    private boolean newWatchers;
    private int at;
    private String kind = "";

    /// @param latest revision of both stores
    /// @param compacted their compacted revision, 0 when there is none
    HistoryPlayer(Side etcd, Side metaStore, Tally tally, long latest, long compacted) {
        this.etcd = etcd;
        this.metaStore = metaStore;
        this.tally = tally;
        this.latest = latest;
        this.compacted = compacted;
        this.firstCompacted = compacted;
    }

    /// Plays to the end, or to the first difference.
    Optional<Difference> play(List<ReplayStep> steps) {
        try {
            for (at = 0; at < steps.size(); at++) {
                ReplayStep step = steps.get(at);
                kind = step.kind();
                Symbol.Meaning now = new Symbol.Meaning(latest, compacted, null, Symbol.OWN_MEMBER.plus(0));
                meant.add(step.rewritten(now::of));
                anchored.add(step.rewritten(now::anchored));
                step(step);
                tally.played(kind);
            }
            return Optional.empty();
        } catch (Difference.Found found) {
            return Optional.of(found.difference());
        } catch (AssertionError | IllegalStateException | StatusRuntimeException failure) {
            return Optional.of(new Difference(at, kind + " fails", "", String.valueOf(failure)));
        }
    }

    /// The steps that were played, with the revisions that symbols stood for.
    List<ReplayStep> meant() {
        return meant;
    }

    /// The steps that were played, as [Symbol.Meaning#anchored] has them.
    List<ReplayStep> anchored() {
        return anchored;
    }

    private Symbol.Meaning meaning() {
        return etcd.meaning(latest, compacted);
    }

    private void step(ReplayStep step) throws Difference.Found {
        switch (step) {
            case ReplayStep.Unary(Api api, Message request) -> unary(api, request);
            case ReplayStep.Stream(var request) -> {
                var meant = meaning().of(request);
                both(side -> side.stream(meant));
            }
            case ReplayStep.KeepAlive(var request) ->
                both(side -> side.keepAlive(side.meaning(latest, compacted).of(request)));
            case ReplayStep.Create(int call, var request) ->
                create(call, meaning().of(request));
            case ReplayStep.Cancel(int call, long id) -> cancel(call, id);
            case ReplayStep.Close(int call) -> {
                sync();
                etcd.closeWatch(call);
                metaStore.closeWatch(call);
            }
            case ReplayStep.Sync() -> sync();
        }
    }

    private void unary(Api api, Message request) throws Difference.Found {
        switch (request) {
            case CompactionRequest compaction -> compact(compaction);
            case HashKVRequest hash -> hash(hash);
            case LeaseGrantRequest grant -> grant(grant);
            default -> send(api, request);
        }
    }

    private Answer send(Api api, Message request) throws Difference.Found {
        Side.Pending one = etcd.send(api, etcd.meaning(latest, compacted).of(request));
        Side.Pending other =
                metaStore.send(api, metaStore.meaning(latest, compacted).of(request));
        return same(on("etcd", one::answer), on("MetaStore", other::answer));
    }

    private Answer both(Function<Side, Answer> call) throws Difference.Found {
        return same(on("etcd", () -> call.apply(etcd)), on("MetaStore", () -> call.apply(metaStore)));
    }

    /// Says of which server it is that a call fails on it.
    private static <T> T on(String server, Supplier<T> call) {
        try {
            return call.get();
        } catch (AssertionError | StatusRuntimeException failure) {
            throw new AssertionError(server + ": " + failure.getMessage(), failure);
        }
    }

    private Answer same(Answer one, Answer other) throws Difference.Found {
        if (!one.sameAs(other)) {
            throw found(one.refused() == other.refused() ? "" : " refusal", one.toString(), other.toString());
        }
        if (one.refused()) {
            tally.refused(one.error());
        } else {
            var header = one.message().getDescriptorForType().findFieldByName("header");
            if (header != null && one.message().getField(header) instanceof ResponseHeader at) {
                latest = Math.max(latest, at.getRevision());
            }
        }
        return one;
    }

    private Difference.Found found(String what, String one, String other) {
        return new Difference.Found(new Difference(at, kind + what, one, other));
    }

    /// What a watcher was told before the compaction must not depend on when it was told it (WAT-12, WAT-17).
    private void compact(CompactionRequest request) throws Difference.Found {
        sync();
        CompactionRequest meant = meaning().of(request);
        if (!send(Api.COMPACT, meant).refused()) {
            compacted = meant.getRevision();
            compactionPoints.add(compacted);
            collecting = !meant.getPhysical();
        }
    }

    /// Not at compaction points, whose hashes etcd keeps (MNT-13); and once what a compaction leaves is gone, since
    /// a set of kept entries that is empty lets everything in that is still there (MNT-11).
    private void hash(HashKVRequest request) throws Difference.Found {
        HashKVRequest meant = meaning().of(request);
        long revision = meant.getRevision() == 0 ? latest : meant.getRevision();
        // A compaction at 0, possible once, is a point that hides what 0 means else.
        boolean point = compactionPoints.contains(revision) || compactionPoints.contains(meant.getRevision());
        if (point || revision > 0 && revision <= firstCompacted) {
            tally.avoided("HashKV at a compaction point (MNT-13)");
            return;
        }
        if (collecting) {
            send(Api.COMPACT, compaction(compacted));
            collecting = false;
        }
        send(Api.HASH_KV, meant);
    }

    private static CompactionRequest compaction(long revision) {
        return CompactionRequest.newBuilder()
                .setRevision(revision)
                .setPhysical(true)
                .build();
    }

    /// A lease that could expire on its own is revoked at once.
    private void grant(LeaseGrantRequest request) throws Difference.Found {
        Answer answer = send(Api.GRANT, request);
        if (answer.message() instanceof LeaseGrantResponse granted && granted.getTTL() < SHORT_TTL) {
            tally.avoided("the expiry of a lease by itself: one with a short TTL is revoked at once");
            send(
                    Api.REVOKE,
                    LeaseRevokeRequest.newBuilder().setID(granted.getID()).build());
        }
    }

    private void create(int call, WatchCreateRequest request) throws Difference.Found {
        WatchResponse one = on("etcd", () -> etcd.watch(call).create(request));
        WatchResponse other = on("MetaStore", () -> metaStore.watch(call).create(request));
        same(Answer.of(etcd.normal(request, one)), Answer.of(metaStore.normal(request, other)));
        newWatchers |= !one.getCanceled();
    }

    private void cancel(int call, long id) throws Difference.Found {
        sync();
        if (etcd.watches().containsKey(call)) {
            cancelNow(call, id);
        }
    }

    private void cancelNow(int call, long id) throws Difference.Found {
        Optional<WatchResponse> one = on("etcd", () -> etcd.watch(call).cancel(id));
        Optional<WatchResponse> other =
                on("MetaStore", () -> metaStore.watch(call).cancel(id));
        String first = one.map(end -> etcd.normal(end, end).toString()).orElse("no such watcher");
        String second = other.map(end -> metaStore.normal(end, end).toString()).orElse("no such watcher");
        if (!first.equals(second)) {
            throw found("", first, second);
        }
    }

    /// Brings all watchers to the newest revision and compares what they were told since the last time.
    private void sync() throws Difference.Found {
        if (etcd.watches().isEmpty()) {
            return;
        }
        String step = kind;
        kind = "watch events";
        reachStarts();
        for (Integer call : etcd.watches().keySet()) {
            WatchLog one = etcd.watch(call);
            WatchLog other = metaStore.watch(call);
            var first = on("etcd", () -> one.arrivedAt(latest));
            var second = on("MetaStore", () -> other.arrivedAt(latest));
            if (!Objects.equals(first, second)) {
                throw found("", Told.differing(first, second), Told.differing(second, first));
            }
            tally.events(first);
        }
        kind = step;
    }

    /// Progress is answered only once the store has reached the start of every watcher of a call (WAT-30), and an
    /// answer says something about a new watcher only if its revision is younger than the watcher.
    private void reachStarts() throws Difference.Found {
        long reach = newWatchers ? latest + 1 : latest;
        for (Integer call : etcd.watches().keySet()) {
            for (var watcher : List.copyOf(etcd.watch(call).watching().entrySet())) {
                if (watcher.getValue() > latest + FAR_AHEAD) {
                    cancelNow(call, watcher.getKey());
                } else {
                    reach = Math.max(reach, watcher.getValue());
                }
            }
        }
        newWatchers = false;
        while (latest < reach) {
            PutRequest pad = PutRequest.newBuilder().setKey(PAD).build();
            if (send(Api.PUT, pad).refused()) {
                liftAlarms();
            }
        }
    }

    private void liftAlarms() throws Difference.Found {
        Answer raised = send(Api.ALARM, AlarmRequest.getDefaultInstance());
        for (AlarmMember alarm : ((AlarmResponse) raised.message()).getAlarmsList()) {
            send(
                    Api.ALARM,
                    AlarmRequest.newBuilder()
                            .setAction(AlarmAction.DEACTIVATE)
                            .setMemberID(alarm.getMemberID())
                            .setAlarmValue(alarm.getAlarmValue())
                            .build());
        }
    }

    /// Ends the streams; the connections stay.
    @Override
    public void close() {
        etcd.close();
        metaStore.close();
    }
}
