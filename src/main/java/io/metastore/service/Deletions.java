package io.metastore.service;

import io.metastore.consensus.Unavailable;
import io.metastore.value.Bytes;
import io.metastore.value.Event;
import io.metastore.value.KeyRange;
import io.metastore.watch.Delivery;
import io.metastore.watch.Sink;
import io.metastore.watch.WatchHub;
import io.metastore.watch.WatchSession;
import io.metastore.watch.WatchSpec;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;

/// Waits for keys to be deleted, by a watcher each: waiting costs nothing until the key is touched.
final class Deletions {
    private final WatchHub watches;

    Deletions(WatchHub watches) {
        this.watches = watches;
    }

    /// Yields once `key` was deleted at revision `from` or later, or may have been: whoever waits looks again. Giving
    /// the wait up ends the watcher. Yields on the hub's thread.
    Uni<Void> of(Bytes key, long from) {
        return Uni.createFrom().emitter(emitter -> {
            WatchSession session = watches.open(new Waiting(emitter));
            emitter.onTermination(session::close);
            session.create(
                    new WatchSpec(WatchSpec.ASSIGN_ID, KeyRange.single(key), from, false, true, false, false, false));
        });
    }

    private record Waiting(UniEmitter<? super Void> emitter) implements Sink {
        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void send(Delivery delivery) {
            switch (delivery) {
                case Delivery.Created _, Delivery.Progress _ -> {}
                case Delivery.Events events -> {
                    if (events.batch().events().stream().anyMatch(each -> each.event() instanceof Event.Delete)) {
                        emitter.complete(null);
                    }
                }
                case Delivery.Refused _,
                        Delivery.Cancelled _,
                        Delivery.Revoked _,
                        Delivery.Overtaken _,
                        Delivery.Oversized _ -> emitter.complete(null);
            }
        }

        @Override
        public void demand() {}

        @Override
        public void end(Throwable cause) {
            emitter.fail(cause == null ? new Unavailable.Stopping() : cause);
        }
    }
}
