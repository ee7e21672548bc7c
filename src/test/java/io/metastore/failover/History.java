package io.metastore.failover;

import io.metastore.api.etcd.etcdserverpb.ResponseHeader;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/// What clients were told by a store, judged while it happens: whatever somebody was told must hold for every call that
/// begins afterwards, whoever makes it and whichever member answers. Keeps one value per key and no list of calls, so
/// that it can listen for hours.
final class History {
    private static final int SHOWN = 20;

    /// Who answered.
    ///
    /// @param member   its id
    /// @param term     in which it believed to be
    /// @param revision of the store, as it saw it
    record Answer(long member, long term, long revision) {
        static Answer of(ResponseHeader header) {
            return new Answer(header.getMemberId(), header.getRaftTerm(), header.getRevision());
        }

        @Override
        public String toString() {
            return "member " + Long.toHexString(member) + ", term " + term + ", revision " + revision;
        }
    }

    /// The newest of which somebody was told, and by what.
    record Told(long value, String by) {
        static final Told NOTHING = new Told(0, "nobody was told anything");
    }

    private final LongSupplier clock;
    private final long started;
    private final Map<String, Register> registers = new ConcurrentHashMap<>();
    private final AtomicReference<Told> revision = new AtomicReference<>(Told.NOTHING);
    private final List<String> violations = new ArrayList<>();
    private int further;

    History() {
        this(System::nanoTime);
    }

    History(LongSupplier clock) {
        this.clock = clock;
        started = clock.getAsLong();
    }

    /// A key that nobody has written yet.
    Register register(String key) {
        Register register = new Register(this, key);
        if (registers.putIfAbsent(key, register) != null) {
            throw new IllegalArgumentException(key + " has a writer already");
        }
        return register;
    }

    Collection<Register> registers() {
        return List.copyOf(registers.values());
    }

    /// The newest revision of which anybody was told so far.
    Told revision() {
        return revision.get();
    }

    /// Takes an answer to a call that began when `floor` was the newest revision.
    ///
    /// @param least the revision that this answer has to have
    void answered(String what, Answer answer, Told floor, long least) {
        if (answer.revision() < least) {
            violation(what + " got revision " + answer.revision() + ", at least " + least + " was due after "
                    + floor.by() + "; it was answered by " + answer);
        }
        raise(revision, new Told(answer.revision(), what + at() + " by " + answer));
    }

    static void raise(AtomicReference<Told> floor, Told to) {
        floor.accumulateAndGet(to, (old, told) -> told.value() > old.value() ? told : old);
    }

    /// Seconds since the start, for texts.
    String at() {
        return String.format(java.util.Locale.ROOT, " at %.3f s", (clock.getAsLong() - started) / 1e9);
    }

    synchronized void violation(String text) {
        if (violations.size() < SHOWN) {
            violations.add(text + at());
        } else {
            further++;
        }
    }

    /// What a correct store would not have answered; empty when all is well, the first few otherwise.
    synchronized List<String> violations() {
        List<String> shown = new ArrayList<>(violations);
        if (further > 0) {
            shown.add("and " + further + " more");
        }
        return shown;
    }
}
