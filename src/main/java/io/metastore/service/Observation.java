package io.metastore.service;

import io.metastore.consensus.Unavailable;
import io.metastore.value.Bytes;
import io.metastore.value.Event;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import io.metastore.watch.Delivery;
import io.metastore.watch.Sink;
import io.metastore.watch.WatchHub;
import io.metastore.watch.WatchSession;
import io.metastore.watch.WatchSpec;
import io.smallrye.mutiny.subscription.MultiEmitter;
import java.util.Optional;

/// Follows who leads: looks who is first, or waits for one; follows its key until that is gone; looks again. One step
/// after the other, each on the thread that ended the one before.
final class Observation {
    private final Contests contests;
    private final WatchHub watches;
    private final KeyRange candidates;
    private final MultiEmitter<? super Elections.Observed> emitter;
    private volatile WatchSession watching;

    Observation(
            Contests contests,
            WatchHub watches,
            KeyRange candidates,
            MultiEmitter<? super Elections.Observed> emitter) {
        this.contests = contests;
        this.watches = watches;
        this.candidates = candidates;
        this.emitter = emitter;
        emitter.onTermination(this::stopWatching);
    }

    private void stopWatching() {
        WatchSession last = watching;
        if (last != null) {
            last.close();
        }
    }

    void look() {
        contests.read(Contests.first(candidates))
                .subscribe()
                .with(
                        found -> {
                            Optional<KeyValue> first = Contests.pair(found);
                            if (first.isPresent()) {
                                leads(first.get(), found.revision());
                            } else {
                                watch(
                                        new WatchSpec(
                                                WatchSpec.ASSIGN_ID,
                                                candidates,
                                                found.revision() + 1,
                                                false,
                                                false,
                                                true,
                                                false,
                                                false),
                                        true);
                            }
                        },
                        emitter::fail);
    }

    private void leads(KeyValue leader, long revision) {
        emitter.emit(new Elections.Observed(leader, revision));
        follow(leader.key(), revision + 1);
    }

    private void follow(Bytes key, long from) {
        watch(WatchSpec.of(KeyRange.single(key), from), false);
    }

    /// @param untilFirst whether the first put ends it, and names the leader
    private void watch(WatchSpec spec, boolean untilFirst) {
        WatchSession session = watches.open(new Watching(untilFirst));
        watching = session;
        session.create(spec);
        if (emitter.isCancelled()) {
            session.close();
        }
    }

    /// What one watcher is sent; ends with the first thing that ends the step.
    private final class Watching implements Sink {
        private final boolean untilFirst;
        private boolean over;

        private Watching(boolean untilFirst) {
            this.untilFirst = untilFirst;
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void send(Delivery delivery) {
            if (over) {
                return;
            }
            switch (delivery) {
                case Delivery.Created _, Delivery.Progress _ -> {}
                case Delivery.Events events ->
                    events.batch().events().forEach(each -> happened(each.event(), events.revision()));
                case Delivery.Refused _,
                        Delivery.Cancelled _,
                        Delivery.Revoked _,
                        Delivery.Overtaken _,
                        Delivery.Oversized _ -> again();
            }
        }

        private void happened(Event event, long revision) {
            if (over) {
                return;
            }
            switch (event) {
                case Event.Put put -> {
                    if (untilFirst) {
                        end();
                        leads(put.keyValue(), put.keyValue().modRevision());
                    } else {
                        emitter.emit(new Elections.Observed(put.keyValue(), revision));
                    }
                }
                case Event.Delete _ -> again();
            }
        }

        private void again() {
            end();
            look();
        }

        private void end() {
            over = true;
            stopWatching();
        }

        @Override
        public void demand() {}

        @Override
        public void end(Throwable cause) {
            if (!over) {
                over = true;
                emitter.fail(cause == null ? new Unavailable.Stopping() : cause);
            }
        }
    }
}
