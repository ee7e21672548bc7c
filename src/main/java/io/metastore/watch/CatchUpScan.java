package io.metastore.watch;

import io.metastore.mvcc.History;
import io.metastore.value.Event;
import io.metastore.value.Revision;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// One scan of history for several watchers, bounded by what it reads and by what each stream may take.
///
/// It stops between two revisions. A watcher whose response is full is sealed there: it goes on in a
/// later scan, while the others go on in this one. In the middle of a revision only those are sealed that it is too
/// large for: one that takes fragments goes on there in a later scan, any other ends.
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

        /// Where a later scan goes on, when that is in the middle of a revision.
        private Revision cut;

        /// The revision that is too large for the watcher, 0 for none.
        private long tooLarge;

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
    private final Revision from;
    private final LazyHistory opened;
    private final List<Member> members = new ArrayList<>();
    private final Map<Watcher, Member> byWatcher = new HashMap<>();
    private final WatcherIndex index = new WatcherIndex();
    private final List<Member> touched = new ArrayList<>();

    private int open;
    private int examined;
    private long bytes;
    /// The revision that is being read, the one before `from` before the first.
    private long current;

    CatchUpScan(History history, WatchLimits limits, Revision from) {
        this.history = history;
        this.opened = new LazyHistory(() -> history);
        this.limits = limits;
        this.from = from;
        this.current = from.main() - 1;
    }

    /// Whether a watcher stands where this scan will probably come by.
    boolean isNear(Watcher watcher) {
        boolean ahead = watcher.next > from.main() || (watcher.next == from.main() && watcher.nextSub >= from.sub());
        return ahead && watcher.next - from.main() <= limits.scanEvents();
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
            Watcher watcher = member.watcher;
            if (member.cut != null) {
                watcher.next = member.cut.main();
                watcher.nextSub = member.cut.sub();
            } else if (member.sealed) {
                watcher.next = member.collected.last() + 1;
                watcher.nextSub = 0;
            } else if (through + 1 > watcher.next) {
                watcher.next = through + 1;
                watcher.nextSub = 0;
            }
            index.remove(watcher);
        }
    }

    /// Puts on the stream what was found for a watcher; false when it is closed by now.
    boolean deliver(Member member) {
        Watcher watcher = member.watcher;
        if (member.collected.isEmpty()) {
            return !watcher.isClosed();
        }
        EventBatch batch = member.collected.take();
        Delivery.Events delivery = member.cut == null
                ? watcher.delivery(batch, history.revision())
                : watcher.part(batch, history.revision());
        return watcher.session().outbox().offer(watcher, delivery, true) != Outbox.Offer.GONE;
    }

    /// The revision that is too large for a watcher and at which it ends, 0 for none.
    long tooLarge(Member member) {
        return member.tooLarge;
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
                    take(byWatcher.get(group.get(i)), shared);
                }
            }
        });
        return open > 0;
    }

    private void take(Member member, SharedEvent event) {
        Revision revision = event.event().revision();
        Watcher watcher = member.watcher;
        boolean sent =
                revision.main() < watcher.next || (revision.main() == watcher.next && revision.sub() < watcher.nextSub);
        if (member.sealed || sent) {
            return;
        }
        if (member.collected.isOversized(revision.main(), watcher.spec().fragment())) {
            // There is one more event, so that a part that says "more follows" never is the last.
            seal(member, revision);
            return;
        }
        WatchedEvent form = event.form(watcher.spec().withPrevious(), opened);
        member.collected.add(form);
        member.room.spend(form.bytes());
        touched.add(member);
    }

    /// In the middle of a revision that is too large for `member`: `next` is the first change that it does not get now.
    private void seal(Member member, Revision next) {
        member.sealed = true;
        open--;
        if (member.watcher.spec().fragment()) {
            member.cut = next;
        } else {
            member.collected.dropLast();
            member.tooLarge = next.main();
        }
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
