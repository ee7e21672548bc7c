package io.metastore.api;

import com.google.protobuf.CodedOutputStream;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest.FilterType;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.mvccpb.Event.EventType;
import io.metastore.api.etcd.mvccpb.KeyValue;
import io.metastore.machine.ProtobufBytes;
import io.metastore.value.Bytes;
import io.metastore.value.Event;
import io.metastore.value.KeyRange;
import io.metastore.value.StoreError;
import io.metastore.watch.Delivery;
import io.metastore.watch.Delivery.Refusal;
import io.metastore.watch.EventBatch;
import io.metastore.watch.WatchSpec;
import io.metastore.watch.WatchedEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Between etcd's watch messages and the hub's values.
///
/// Events are built once however many watchers get them, and so are whole responses for watchers that have
/// the same id on their streams, which is how most clients watch.
final class WatchEncoder {
    private static final Bytes ZERO_KEY = Bytes.wrap(new byte[] {0});

    private final Headers headers;
    private final int maxFragmentBytes;

    WatchEncoder(Headers headers, int maxFragmentBytes) {
        this.headers = headers;
        this.maxFragmentBytes = maxFragmentBytes;
    }

    /// An empty key means the key 0x00 (WAT-07); filters with unknown numbers are ignored (WAT-19).
    static WatchSpec spec(WatchCreateRequest request) {
        Bytes key = request.getKey().isEmpty() ? ZERO_KEY : ProtobufBytes.of(request.getKey());
        Bytes rangeEnd = ProtobufBytes.of(request.getRangeEnd());
        List<FilterType> filters = request.getFiltersList();
        return new WatchSpec(
                request.getWatchId(),
                KeyRange.of(key, rangeEnd),
                request.getStartRevision(),
                request.getPrevKv(),
                filters.contains(FilterType.NOPUT),
                filters.contains(FilterType.NODELETE),
                request.getProgressNotify(),
                request.getFragment());
    }

    /// Passes the response on, or its fragments one after the other.
    void encode(Delivery delivery, Consumer<WatchResponse> out) {
        switch (delivery) {
            case Delivery.Created _ ->
                out.accept(start(delivery).setCreated(true).build());
            case Delivery.Refused refused ->
                out.accept(start(delivery)
                        .setCreated(true)
                        .setCanceled(true)
                        .setCancelReason(text(refused.reason()))
                        .build());
            case Delivery.Cancelled _ ->
                out.accept(start(delivery).setCanceled(true).build());
            case Delivery.Revoked revoked ->
                out.accept(start(delivery)
                        .setCanceled(true)
                        .setCancelReason(text(revoked.reason()))
                        .build());
            case Delivery.Overtaken overtaken ->
                out.accept(start(delivery)
                        .setCanceled(true)
                        .setCompactRevision(overtaken.compactRevision())
                        .build());
            case Delivery.Oversized oversized ->
                out.accept(start(delivery)
                        .setCanceled(true)
                        .setCancelReason(
                                "metastore: revision " + oversized.tooLarge() + " changes more keys of the range"
                                        + " than can be told at once: watch with fragments, or smaller ranges")
                        .build());
            case Delivery.Progress _ -> out.accept(start(delivery).build());
            case Delivery.Events events -> encode(events, out);
        }
    }

    private WatchResponse.Builder start(Delivery delivery) {
        return WatchResponse.newBuilder()
                .setHeader(headers.of(delivery.revision()))
                .setWatchId(delivery.watchId());
    }

    private void encode(Delivery.Events delivery, Consumer<WatchResponse> out) {
        WatchResponse whole = response(delivery);
        boolean large =
                delivery.fragment() && whole.getEventsCount() > 1 && whole.getSerializedSize() >= maxFragmentBytes;
        if (large || delivery.more()) {
            split(whole, delivery.more(), out);
        } else {
            out.accept(whole);
        }
    }

    private WatchResponse response(Delivery.Events delivery) {
        EventBatch batch = delivery.batch();
        if (batch.encoding() instanceof WatchResponse shared
                && shared.getHeader().getRevision() == delivery.revision()) {
            // Events stay shared: the builder takes over the list as it is.
            return shared.getWatchId() == delivery.watchId()
                    ? shared
                    : shared.toBuilder().setWatchId(delivery.watchId()).build();
        }
        WatchResponse.Builder response = start(delivery);
        for (WatchedEvent event : batch.events()) {
            response.addEvents(event(event));
        }
        WatchResponse built = response.build();
        batch.encoding(built);
        return built;
    }

    /// Every part but the last says that more follows; header and id are in each (WAT-25).
    ///
    /// @param more whether more follows the last as well
    private void split(WatchResponse whole, boolean more, Consumer<WatchResponse> out) {
        WatchResponse.Builder part = whole.toBuilder().clearEvents().setFragment(true);
        int empty = part.build().getSerializedSize();
        List<io.metastore.api.etcd.mvccpb.Event> events = new ArrayList<>();
        int size = empty;
        for (io.metastore.api.etcd.mvccpb.Event event : whole.getEventsList()) {
            int added = CodedOutputStream.computeMessageSize(WatchResponse.EVENTS_FIELD_NUMBER, event);
            if (!events.isEmpty() && size + added >= maxFragmentBytes) {
                out.accept(part.clone().addAllEvents(events).build());
                events.clear();
                size = empty;
            }
            events.add(event);
            size += added;
        }
        out.accept(part.addAllEvents(events).setFragment(more).build());
    }

    private static io.metastore.api.etcd.mvccpb.Event event(WatchedEvent watched) {
        if (watched.encoding() instanceof io.metastore.api.etcd.mvccpb.Event shared) {
            return shared;
        }
        io.metastore.api.etcd.mvccpb.Event.Builder event = io.metastore.api.etcd.mvccpb.Event.newBuilder();
        switch (watched.event()) {
            case Event.Put put -> event.setKv(pair(put.keyValue()));
            // Only the key and the revision of the delete (WAT-15).
            case Event.Delete delete ->
                event.setType(EventType.DELETE)
                        .setKv(KeyValue.newBuilder()
                                .setKey(ProtobufBytes.of(delete.key()))
                                .setModRevision(delete.revision().main()));
        }
        if (watched.previous() != null) {
            event.setPrevKv(pair(watched.previous()));
        }
        io.metastore.api.etcd.mvccpb.Event built = event.build();
        watched.encoding(built);
        return built;
    }

    private static KeyValue pair(io.metastore.value.KeyValue pair) {
        return KeyValue.newBuilder()
                .setKey(ProtobufBytes.of(pair.key()))
                .setValue(ProtobufBytes.of(pair.value()))
                .setCreateRevision(pair.createRevision())
                .setModRevision(pair.modRevision())
                .setVersion(pair.version())
                .setLease(pair.lease())
                .build();
    }

    /// As Go renders a status, which clients compare (WAT-33).
    private static String rendered(StoreError error, String code) {
        return "rpc error: code = " + code + " desc = "
                + GrpcErrors.status(error).getDescription();
    }

    private static String text(Refusal refusal) {
        return switch (refusal) {
            case DUPLICATE_ID -> "mvcc: duplicate watch ID provided on the WatchStream";
            case TOO_MANY ->
                "etcdserver: too many watchers on this stream: cancel some, open another stream, or raise"
                        + " watch.stream-watchers";
            case EMPTY_RANGE -> "mvcc: watcher range is empty";
            case COMPACTED -> "etcdserver: mvcc: required revision has been compacted";
            case PERMISSION_DENIED -> rendered(StoreError.PERMISSION_DENIED, "PermissionDenied");
            case USER_EMPTY -> rendered(StoreError.USER_EMPTY, "InvalidArgument");
            case INVALID_TOKEN -> rendered(StoreError.INVALID_AUTH_TOKEN, "Unauthenticated");
            case OLD_REVISION -> rendered(StoreError.AUTH_OLD_REVISION, "InvalidArgument");
        };
    }
}
