package io.metastore.replay;

import com.google.protobuf.TextFormat;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.mvccpb.Event;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.WatchCall;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/// One Watch call to one server, and what each of its watchers was told, in order.
final class WatchLog implements AutoCloseable {
    private static final Duration FIRST_PATIENCE = Duration.ofMillis(20);
    private static final Duration LAST_PATIENCE = Duration.ofMillis(200);

    private final WatchCall call;
    private final Map<Long, List<Object>> told = new TreeMap<>();
    private final Map<Long, Long> lastRevision = new HashMap<>();
    private final Set<Long> splitting = new HashSet<>();
    private final Map<Long, Long> watching = new TreeMap<>();
    /// Watchers that were cancelled for lack of history: their ids are in use until the client cancels them too
    /// (WAT-13). That happens at set points only, for it shows when an id is asked for again.
    private final Set<Long> lost = new TreeSet<>();

    private long progress;
    private long events;

    WatchLog(Client client) {
        call = WatchCall.open(client);
    }

    /// Asks for a watcher and waits for the answer to that.
    WatchResponse create(WatchCreateRequest request) {
        call.ask(request.toBuilder());
        WatchResponse answer = await(WatchResponse::getCreated);
        if (!answer.getCanceled()) {
            watching.put(answer.getWatchId(), request.getStartRevision());
            lastRevision.remove(answer.getWatchId());
        }
        return answer;
    }

    /// Cancels a watcher; waits for the answer if there is such a watcher, for etcd does not answer otherwise.
    Optional<WatchResponse> cancel(long id) {
        call.cancel(id);
        lost.remove(id);
        if (watching.remove(id) == null) {
            return Optional.empty();
        }
        return Optional.of(await(answer -> endOf(id, answer)));
    }

    private static boolean endOf(long id, WatchResponse answer) {
        return answer.getCanceled()
                && !answer.getCreated()
                && answer.getCompactRevision() == 0
                && answer.getWatchId() == id;
    }

    /// Ids of watchers and the revisions they start at.
    Map<Long, Long> watching() {
        return watching;
    }

    long events() {
        return events;
    }

    /// Waits until everything up to a revision has arrived. Every watcher has to start there or before. A watcher
    /// that has lost its history to a compaction is cancelled on the way, else progress would never be answered.
    ///
    /// @return what each watcher was told since the last time: events, and in words what else there was
    Map<Long, List<Object>> arrivedAt(long revision) {
        long deadline = System.nanoTime() + Client.PATIENCE.toNanos();
        Duration patience = FIRST_PATIENCE;
        while (!watching.isEmpty() && progress < revision) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("no progress to revision " + revision + " within " + Client.PATIENCE
                        + " with watchers (id=start) " + watching + ", last heard " + progress);
            }
            for (Long id : List.copyOf(lost)) {
                cancel(id).ifPresent(end -> tell(id, "canceled, reason '" + end.getCancelReason() + "'"));
            }
            call.askProgress();
            long again = System.nanoTime() + patience.toNanos();
            while (progress < revision && lost.isEmpty() && System.nanoTime() < again) {
                call.call()
                        .poll(Duration.ofNanos(Math.max(0, again - System.nanoTime())))
                        .ifPresent(this::take);
            }
            patience = patience.multipliedBy(2).compareTo(LAST_PATIENCE) < 0 ? patience.multipliedBy(2) : LAST_PATIENCE;
        }
        call.call().arrived().forEach(this::take);
        Map<Long, List<Object>> all = new TreeMap<>(told);
        told.clear();
        return all;
    }

    private WatchResponse await(Predicate<WatchResponse> wanted) {
        while (true) {
            WatchResponse answer = call.next();
            if (wanted.test(answer)) {
                return answer;
            }
            take(answer);
        }
    }

    private void take(WatchResponse answer) {
        long id = answer.getWatchId();
        if (answer.getEventsCount() > 0) {
            events(answer);
        } else if (id == -1 && !answer.getCreated() && !answer.getCanceled()) {
            progress = Math.max(progress, answer.getHeader().getRevision());
        } else if (answer.getCanceled() && answer.getCompactRevision() != 0 && isHealthy(id)) {
            tell(
                    id,
                    "canceled, compact_revision " + answer.getCompactRevision() + ", header.revision "
                            + answer.getHeader().getRevision() + ", reason '" + answer.getCancelReason() + "'");
            lost.add(id);
        } else {
            tell(id, "unexpected: " + TextFormat.printer().printToString(answer));
        }
    }

    private boolean isHealthy(long id) {
        return watching.containsKey(id) && !lost.contains(id);
    }

    private void events(WatchResponse answer) {
        long id = answer.getWatchId();
        long first = answer.getEvents(0).getKv().getModRevision();
        long last = answer.getEvents(answer.getEventsCount() - 1).getKv().getModRevision();
        if (first <= lastRevision.getOrDefault(id, 0L) && !splitting.contains(id)) {
            tell(id, "a revision was split without fragment, or came again: " + first);
        }
        if (answer.getHeader().getRevision() < last) {
            tell(id, "header.revision " + answer.getHeader().getRevision() + " below its event's " + last);
        }
        lastRevision.put(id, last);
        if (answer.getFragment()) {
            splitting.add(id);
        } else {
            splitting.remove(id);
        }
        for (Event event : answer.getEventsList()) {
            tell(id, event);
            events++;
        }
    }

    private void tell(long id, Object what) {
        told.computeIfAbsent(id, _ -> new ArrayList<>()).add(what);
    }

    @Override
    public void close() {
        call.close();
    }
}
