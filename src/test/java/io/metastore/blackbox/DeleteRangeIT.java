package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.delete;
import static io.metastore.blackbox.Requests.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.DeleteRangeResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseRevokeRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveRequest;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import io.metastore.api.etcd.etcdserverpb.WatchRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.mvccpb.Event;
import io.metastore.api.etcd.mvccpb.KeyValue;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// DeleteRange: what it removes and returns.
@BlackBox
class DeleteRangeIT {

    @Test
    @Statement("KVD-01")
    void returnsHowManyAndOnRequestWhich(Client client, Keys keys) {
        client.put(keys.key("c"), "3");
        client.put(keys.key("a"), "1");
        client.put(keys.key("b"), "2");
        client.put(keys.key("a"), "1b");
        List<KeyValue> before = client.all(keys);

        DeleteRangeResponse one = client.kv().deleteRange(delete(keys.key("b")).build());
        DeleteRangeResponse rest = client.kv()
                .deleteRange(delete(keys.prefix(), keys.end()).setPrevKv(true).build());

        assertEquals(1, one.getDeleted());
        assertEquals(List.of(), one.getPrevKvsList());
        assertEquals(2, rest.getDeleted());
        assertEquals(List.of(before.get(0), before.get(2)), rest.getPrevKvsList());
        assertEquals(one.getHeader().getRevision() + 1, rest.getHeader().getRevision());
        assertEquals(List.of(), client.all(keys));
    }

    @Test
    @Statement({"KVD-02", "KVR-02"})
    void keepsTheRevisionWhenNothingIsThere(Client client, Keys keys) {
        client.put(keys.key("a"), "1");
        long gone = client.delete(keys.key("a"));

        DeleteRangeResponse again =
                client.kv().deleteRange(delete(keys.key("a")).setPrevKv(true).build());
        DeleteRangeResponse never =
                client.kv().deleteRange(delete(keys.prefix(), keys.end()).build());

        for (DeleteRangeResponse response : List.of(again, never)) {
            assertEquals(0, response.getDeleted());
            assertEquals(0, response.getPrevKvsCount());
            assertEquals(gone, response.getHeader().getRevision());
        }
        assertEquals(gone, client.revision());
    }

    @Test
    @Statement("KVD-03")
    void removesInKeyOrderAtOneRevision(Client client, Keys keys) {
        for (String name : List.of("c", "a", "d", "b")) {
            client.put(keys.key(name), name);
        }
        long start = client.revision() + 1;
        DeleteRangeResponse response =
                client.kv().deleteRange(delete(keys.prefix(), keys.end()).build());
        List<Event> events = new ArrayList<>();
        try (Duplex<WatchRequest, WatchResponse> watch = Duplex.open(client.watch()::watch)) {
            watch.send(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder()
                            .setKey(keys.prefix())
                            .setRangeEnd(keys.end())
                            .setStartRevision(start))
                    .build());
            while (events.size() < 4) {
                events.addAll(watch.next().getEventsList());
            }
        }

        assertEquals(start, response.getHeader().getRevision());
        assertEquals(
                List.of("a", "b", "c", "d"),
                keys.names(events.stream().map(Event::getKv).toList()));
        for (Event event : events) {
            assertEquals(Event.EventType.DELETE, event.getType());
            assertEquals(
                    KeyValue.newBuilder()
                            .setKey(event.getKv().getKey())
                            .setModRevision(start)
                            .build(),
                    event.getKv());
        }
    }

    @Test
    @Statement("KVD-04")
    void detachesFromTheLease(Client client, Keys keys) {
        ByteString key = keys.key("a");
        long lease = client.grant(600);
        client.kv().put(put(key, "1").setLease(lease).build());
        client.delete(key);

        var left = client.lease()
                .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
                        .setID(lease)
                        .setKeys(true)
                        .build());
        long again = client.putRevision(key, "2");
        client.lease().leaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease).build());

        assertEquals(0, left.getKeysCount());
        assertTrue(left.getTTL() > 0);
        assertEquals(again, client.revision(), "the revocation found no key");
        assertFalse(client.get(key).isEmpty());
    }
}
