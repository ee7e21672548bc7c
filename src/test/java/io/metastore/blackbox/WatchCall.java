package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.WatchCancelRequest;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import io.metastore.api.etcd.etcdserverpb.WatchProgressRequest;
import io.metastore.api.etcd.etcdserverpb.WatchRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.mvccpb.Event;
import java.util.ArrayList;
import java.util.List;

/// One Watch call, with short forms of its requests and of what tests expect of its answers.
///
/// @param call the open call
public record WatchCall(Duplex<WatchRequest, WatchResponse> call) implements AutoCloseable {

    public static WatchCall open(Client client) {
        return new WatchCall(Duplex.open(client.watch()::watch));
    }

    /// A call whose first answer only is read until [Duplex#requestAll].
    public static WatchCall openByHand(Client client) {
        return new WatchCall(Duplex.openByHand(client.watch()::watch));
    }

    /// A watcher of all keys of a test from a revision on, 0 for what comes next.
    public static WatchCreateRequest.Builder all(Keys keys, long from) {
        return WatchCreateRequest.newBuilder()
                .setKey(keys.prefix())
                .setRangeEnd(keys.end())
                .setStartRevision(from);
    }

    /// A watcher of one key from a revision on, 0 for what comes next.
    public static WatchCreateRequest.Builder one(ByteString key, long from) {
        return WatchCreateRequest.newBuilder().setKey(key).setStartRevision(from);
    }

    /// Sends a request for a watcher and does not wait for the answer.
    public void ask(WatchCreateRequest.Builder request) {
        call.send(WatchRequest.newBuilder().setCreateRequest(request).build());
    }

    /// Creates a watcher; the next answer has to say so.
    public WatchResponse create(WatchCreateRequest.Builder request) {
        ask(request);
        WatchResponse created = call.next();
        assertTrue(created.getCreated(), created::toString);
        assertFalse(created.getCanceled(), created::toString);
        assertEquals(0, created.getEventsCount());
        assertEquals("", created.getCancelReason());
        return created;
    }

    /// Asks for a watcher that has to be refused with a text.
    public WatchResponse refused(WatchCreateRequest.Builder request, String reason) {
        ask(request);
        WatchResponse refusal = call.next();
        assertTrue(refusal.getCreated(), refusal::toString);
        assertTrue(refusal.getCanceled(), refusal::toString);
        assertEquals(-1, refusal.getWatchId());
        assertEquals(reason, refusal.getCancelReason());
        assertEquals(0, refusal.getCompactRevision());
        return refusal;
    }

    public void cancel(long id) {
        call.send(WatchRequest.newBuilder()
                .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
                .build());
    }

    public void askProgress() {
        call.send(WatchRequest.newBuilder()
                .setProgressRequest(WatchProgressRequest.getDefaultInstance())
                .build());
    }

    public WatchResponse next() {
        return call.next();
    }

    /// The next answer, which has to carry events.
    public WatchResponse nextEvents() {
        WatchResponse response = call.next();
        assertTrue(response.getEventsCount() > 0, response::toString);
        assertFalse(response.getCreated() || response.getCanceled(), response::toString);
        return response;
    }

    /// Takes answers with events until there are so many events.
    public List<Event> events(int count) {
        List<Event> events = new ArrayList<>();
        while (events.size() < count) {
            events.addAll(nextEvents().getEventsList());
        }
        assertEquals(count, events.size(), events::toString);
        return events;
    }

    /// The end of a watcher for lack of history.
    public void compacted(long id, long compaction) {
        WatchResponse end = call.next();
        assertTrue(end.getCanceled(), end::toString);
        assertFalse(end.getCreated(), end::toString);
        assertEquals(id, end.getWatchId());
        assertEquals(compaction, end.getCompactRevision());
        assertEquals(0, end.getHeader().getRevision());
        assertEquals("", end.getCancelReason());
        assertEquals(0, end.getEventsCount());
    }

    @Override
    public void close() {
        call.close();
    }
}
