package io.metastore.watch;

import io.metastore.mvcc.History;
import io.metastore.value.Event;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// One scan of history for several watchers, bounded by what it reads and by what each stream may take.
///
/// It stops between two revisions only. A watcher whose response is full is sealed there: it goes on in a
/// later scan, while the others go on in this one.
final class CatchUpScan {
    /// What one stream may still take in this scan, in bytes.
    static final class Allowance {
        private long left;

        Allowance(long left) {
            this.left = left;
        }

        boolean isClosed() {
            return left <= 0;
        }

        private void spend(long bytes) {
            left -= bytes;
        }
    }

    static final class Member {
        private final Watcher watcher;
        private final Allowance room;
        private final Collected collected;
        private boolean sealed;

        private Member(Watcher watcher, Allowance room, WatchLimits limits) {
            this.watcher = watcher;
            this.room = room;
            this.collected = new Collected(limits);
        }

        Watcher watcher() {
            return watcher;
        }
    }

    private final History history;
    private final WatchLimits limits;
    private final long from;
    private final List<Member> members = new ArrayList<>();
    private final Map<Watcher, Member> byWatcher = new HashMap<>();
    private final WatcherIndex index = new WatcherIndex();
    private final List<Member> touched = new ArrayList<>();

    private int open;
    private int examined;
    private long bytes;
    /// The revision that is being read, `from - 1` before the first.
    private long current;

    CatchUpScan(History history, WatchLimits limits, long from) {
        this.history = history;
        this.limits = limits;
        this.from = from;
        this.current = from - 1;
    }

    /// Whether a watcher stands where this scan will probably come by.
    boolean isNear(Watcher watcher) {
        return watcher.next >= from && watcher.next - from <= limits.scanEvents();
    }

    void add(Watcher watcher, Allowance room) {
        Member member = new Member(watcher, room, limits);
        members.add(member);
        byWatcher.put(watcher, member);
        index.add(watcher);
        open++;
    }

    List<Member> members() {
        return members;
    }

    int examined() {
        return examined;
    }

    void run() {
        boolean[] stopped = {false};
        history.scan(from, history.revision(), event -> {
            stopped[0] = !visit(event);
            return !stopped[0];
        });
        long through = stopped[0] ? current : history.revision();
        for (Member member : members) {
            if (member.sealed) {
                member.watcher.next = member.collected.last() + 1;
            } else {
                member.watcher.next = Math.max(member.watcher.next, through + 1);
            }
            index.remove(member.watcher);
        }
    }

    /// Puts on the stream what was found for a watcher; false when it is closed by now.
    boolean deliver(Member member) {
        Watcher watcher = member.watcher;
        if (member.collected.isEmpty()) {
            return !watcher.isClosed();
        }
        LazyHistory opened = new LazyHistory(() -> history);
        EventBatch batch = member.collected.take(watcher.spec(), opened);
        Delivery.Events delivery = watcher.delivery(batch, history.revision());
        return watcher.session().outbox().offer(watcher, delivery, true) != Outbox.Offer.GONE;
    }

    /// False at the first event of a revision that this scan does not read any more.
    private boolean visit(Event event) {
        long main = event.revision().main();
        if (main != current) {
            if (!goOn()) {
                return false;
            }
            current = main;
        }
        long size = WatchedEvent.size(event);
        examined++;
        bytes += size;
        SharedEvent shared = new SharedEvent(event);
        index.visit(event.key(), group -> {
            if (group.form().accepts(event)) {
                for (int i = 0; i < group.size(); i++) {
                    take(byWatcher.get(group.get(i)), shared, size);
                }
            }
        });
        return true;
    }

    private void take(Member member, SharedEvent event, long size) {
        if (member.sealed || event.event().revision().main() < member.watcher.next) {
            return;
        }
        // A previous version is about as large as the event.
        boolean twice = member.watcher.spec().withPrevious() && WatchedEvent.mayHavePrevious(event.event());
        long cost = twice ? 2 * size : size;
        member.collected.add(event, cost);
        member.room.spend(cost);
        touched.add(member);
    }

    /// Between two revisions: seals the watchers that have enough; whether to read the next revision.
    private boolean goOn() {
        for (Member member : touched) {
            if (!member.sealed && (member.collected.isFull() || member.room.isClosed())) {
                member.sealed = true;
                open--;
            }
        }
        touched.clear();
        return open > 0 && examined < limits.scanEvents() && bytes < limits.scanBytes();
    }
}
