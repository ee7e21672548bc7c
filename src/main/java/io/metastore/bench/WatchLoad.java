package io.metastore.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import io.metastore.api.etcd.etcdserverpb.WatchGrpc;
import io.metastore.api.etcd.etcdserverpb.WatchRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.mvccpb.Event;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/// Watchers, and the puts that they watch. A put's value begins with the time at which it was due, so that
/// an event's delay counts from there.
final class WatchLoad implements Workload {
    private final List<Keys> prefixes;
    private final int watchers;
    private final int valueSize;
    private final List<Stream> streams = new ArrayList<>();
    private final LongAdder created = new LongAdder();
    private final LongAdder outOfOrder = new LongAdder();
    private volatile Tally events = new Tally(List.of("event"));

    /// @param prefixes   one that all watch, or one for each watcher
    /// @param valueSize  bytes, at least 8
    WatchLoad(List<Keys> prefixes, int watchers, int valueSize) {
        this.prefixes = List.copyOf(prefixes);
        this.watchers = watchers;
        this.valueSize = valueSize;
    }

    @Override
    public List<String> kinds() {
        return List.of("put");
    }

    @Override
    public VirtualClient client(int number, Lane lane, Channel channel) {
        return new VirtualClient(lane, channel) {
            @Override
            void send(long call) {
                Keys keys = prefixes.get((int) (call % prefixes.size()));
                byte[] value = new byte[valueSize];
                ByteBuffer.wrap(value).putLong(intendedNanos());
                unary(
                        PutLoad.PUT,
                        PutLoad.request(keys.key(call / prefixes.size()), UnsafeByteOperations.unsafeWrap(value)),
                        reply -> {});
            }
        };
    }

    /// How many watchers see one put.
    int eventsPerPut() {
        return prefixes.size() == 1 ? watchers : 1;
    }

    /// Opens all watches, spread over the connections.
    void open(List<Connections.Connection> connections, int watchesPerStream) {
        for (int watcher = 0; watcher < watchers; watcher++) {
            if (watcher % watchesPerStream == 0) {
                streams.add(new Stream(
                        connections.get(streams.size() % connections.size()).channel()));
            }
            streams.getLast().watch(prefixes.get(watcher % prefixes.size()));
        }
    }

    boolean opened() {
        return created.sum() == watchers;
    }

    /// Events from now on count in a new tally, which is returned.
    Tally count() {
        Tally next = new Tally(List.of("event"));
        events = next;
        return next;
    }

    Tally events() {
        return events;
    }

    @Override
    public Map<String, Object> figures() {
        return Map.of("events out of order", outOfOrder.sum());
    }

    /// One watch stream; its replies arrive on one thread.
    private final class Stream extends ClientCall.Listener<WatchResponse> {
        private final ClientCall<WatchRequest, WatchResponse> call;
        private final Map<Long, Long> lastRevision = new HashMap<>();

        Stream(Channel channel) {
            call = channel.newCall(WatchGrpc.getWatchMethod(), CallOptions.DEFAULT);
            call.start(this, new Metadata());
            call.request(Integer.MAX_VALUE);
        }

        void watch(Keys keys) {
            WatchCreateRequest create = WatchCreateRequest.newBuilder()
                    .setKey(keys.start())
                    .setRangeEnd(keys.end())
                    .build();
            call.sendMessage(WatchRequest.newBuilder().setCreateRequest(create).build());
        }

        @Override
        public void onMessage(WatchResponse reply) {
            if (reply.getCanceled()) {
                fail(Status.CANCELLED.withDescription("watch cancelled: " + reply.getCancelReason()));
            } else if (reply.getCreated()) {
                created.increment();
            }
            long now = System.nanoTime();
            for (Event event : reply.getEventsList()) {
                ByteString value = event.getKv().getValue();
                events.begun();
                events.ok(0, now - value.asReadOnlyByteBuffer().getLong());
                Long last = lastRevision.put(reply.getWatchId(), event.getKv().getModRevision());
                if (last != null && last >= event.getKv().getModRevision()) {
                    outOfOrder.increment();
                }
            }
        }

        private void fail(Status status) {
            events.begun();
            events.finished(0, status, 0);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            fail(status.isOk() ? Status.UNAVAILABLE.withDescription("the server ended the watch stream") : status);
        }
    }
}
