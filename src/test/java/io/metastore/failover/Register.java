package io.metastore.failover;

import io.metastore.failover.History.Answer;
import io.metastore.failover.History.Told;
import java.util.concurrent.atomic.AtomicReference;

/// One key with one writer, who puts 1, 2, 3, one after the other. A put that is refused is made again with the same
/// number; one of unknown fate is the key's last, because it may still be applied later. So the key holds its number of
/// puts, which is also its version: a put that was applied twice shows.
final class Register {
    private final History history;
    private final String key;
    /// Written before a put is sent, so that no reader can know more.
    private volatile long begun;

    private volatile boolean ended;
    private final AtomicReference<Told> floor = new AtomicReference<>(Told.NOTHING);

    Register(History history, String key) {
        this.history = history;
        this.key = key;
    }

    String key() {
        return key;
    }

    /// A put of the next number, about to be sent.
    Put put() {
        if (ended) {
            throw new IllegalStateException("the fate of " + key + " = " + begun + " is not known");
        }
        long number = begun + 1;
        begun = number;
        return new Put(number, history.revision());
    }

    /// A put under way: exactly one of its methods is called.
    final class Put {
        private final long number;
        private final Told revision;

        private Put(long number, Told revision) {
            this.number = number;
            this.revision = revision;
        }

        long number() {
            return number;
        }

        void acknowledged(Answer answer) {
            String what = "put of " + key + " = " + number;
            // A put makes a revision of its own.
            history.answered(what, answer, revision, revision.value() + 1);
            History.raise(floor, new Told(number, what + ", acknowledged" + history.at() + " by " + answer));
        }

        /// It was certainly not applied.
        void refused() {
            begun = number - 1;
        }

        /// It may have been applied, or will be.
        void unknown() {
            ended = true;
        }
    }

    /// A linearizable read, about to be sent.
    Get get() {
        return new Get(floor.get(), history.revision());
    }

    /// A read under way.
    final class Get {
        private final Told least;
        private final Told revision;

        private Get(Told least, Told revision) {
            this.least = least;
            this.revision = revision;
        }

        /// @param value   0 where there is no key
        /// @param version of the key, 0 where there is none
        void returned(long value, long version, Answer answer) {
            String what = "read of " + key;
            history.answered(what, answer, revision, revision.value());
            judge(what, value, version, least, " by " + answer);
            History.raise(floor, new Told(value, what + " = " + value + ", returned" + history.at() + " by " + answer));
        }
    }

    private void judge(String what, long value, long version, Told least, String by) {
        if (value < least.value()) {
            history.violation("stale: " + what + " returned " + value + by + ", after " + least.by());
        }
        if (value > begun) {
            history.violation("from nowhere: " + what + " returned " + value + by + ", the last put was " + begun);
        }
        if (version != value) {
            history.violation("lost or doubled: " + what + " returned " + value + by + " as version " + version);
        }
    }

    /// Compares with what a member has when nobody writes any more.
    void found(long value, long version, String where) {
        judge("final read of " + key, value, version, floor.get(), " by " + where);
    }
}
