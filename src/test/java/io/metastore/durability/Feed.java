package io.metastore.durability;

import io.grpc.stub.StreamObserver;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import io.metastore.api.etcd.etcdserverpb.WatchRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.mvccpb.Event;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Requests;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A watch of everything from a revision on, which holds the store to its promise: every revision once, in
/// order, whole in one answer.
final class Feed implements StreamObserver<WatchResponse> {
    private final List<Event> events = new ArrayList<>();
    private long last;
    private String broken;

    private Feed(long from) {
        last = from - 1;
    }

    static Feed open(Client client, long from) {
        Feed feed = new Feed(from);
        client.watch()
                .watch(feed)
                .onNext(WatchRequest.newBuilder()
                        .setCreateRequest(WatchCreateRequest.newBuilder()
                                .setKey(Requests.FROM_KEY)
                                .setRangeEnd(Requests.FROM_KEY)
                                .setStartRevision(from))
                        .build());
        return feed;
    }

    @Override
    public synchronized void onNext(WatchResponse response) {
        if (response.getCanceled()) {
            broken = "the watch was cancelled: " + response;
        }
        long before = last;
        for (Event event : response.getEventsList()) {
            long revision = event.getKv().getModRevision();
            if (revision != last + 1 && (revision != last || last == before)) {
                broken = "revision " + revision + " follows " + last + " in an answer that begins behind " + before;
            }
            last = revision;
            events.add(event);
        }
        notifyAll();
    }

    @Override
    public synchronized void onError(Throwable end) {
        notifyAll(); // the member was killed
    }

    @Override
    public synchronized void onCompleted() {
        notifyAll();
    }

    /// The last revision seen.
    synchronized long last() {
        if (broken != null) {
            throw new AssertionError(broken);
        }
        return last;
    }

    synchronized void await(long revision) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (last() < revision) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                throw new AssertionError("the watch stands at revision " + last + " instead of " + revision);
            }
            wait(left);
        }
    }

    /// Everything seen since the last call.
    synchronized List<Event> take() {
        last();
        List<Event> taken = List.copyOf(events);
        events.clear();
        return taken;
    }
}
