package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.bytes;
import static io.metastore.blackbox.Requests.delete;
import static io.metastore.blackbox.Requests.op;
import static io.metastore.blackbox.Requests.put;
import static io.metastore.blackbox.Requests.then;
import static io.metastore.blackbox.WatchCall.all;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.api.etcd.etcdserverpb.LeaseRevokeRequest;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest.FilterType;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.mvccpb.Event;
import io.metastore.api.etcd.mvccpb.Event.EventType;
import io.metastore.api.etcd.mvccpb.KeyValue;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What events say and how they are put together.
@BlackBox
class WatchEventsIT {

    @Test
    @Statement({"WAT-15", "WAT-16", "WAT-24"})
    void describesPutsAndDeletes(Client client, Keys keys) {
        long lease = client.grant(600);
        try (WatchCall watch = WatchCall.open(client)) {
            watch.create(all(keys, 0));
            long first = client.kv()
                    .put(put(keys.key("a"), "1").setLease(lease).build())
                    .getHeader()
                    .getRevision();
            client.put(keys.key("a"), "2");
            client.delete(keys.key("a"));
            client.put(keys.key("a"), "3");

            KeyValue created = KeyValue.newBuilder()
                    .setKey(keys.key("a"))
                    .setValue(bytes("1"))
                    .setCreateRevision(first)
                    .setModRevision(first)
                    .setVersion(1)
                    .setLease(lease)
                    .build();
            List<KeyValue> pairs = List.of(
                    created,
                    created.toBuilder()
                            .setValue(bytes("2"))
                            .setModRevision(first + 1)
                            .setVersion(2)
                            .clearLease()
                            .build(),
                    KeyValue.newBuilder()
                            .setKey(keys.key("a"))
                            .setModRevision(first + 2)
                            .build(),
                    created.toBuilder()
                            .setValue(bytes("3"))
                            .setCreateRevision(first + 3)
                            .setModRevision(first + 3)
                            .clearLease()
                            .build());
            for (KeyValue pair : pairs) {
                WatchResponse response = watch.nextEvents();
                EventType type = pair.getVersion() == 0 ? EventType.DELETE : EventType.PUT;
                assertEquals(
                        List.of(Event.newBuilder().setType(type).setKv(pair).build()), response.getEventsList());
                assertEquals(pair.getModRevision(), response.getHeader().getRevision());
            }
        }
    }

    @Test
    @Statement("WAT-17")
    void addsThePairBefore(Client client, Keys keys) {
        try (WatchCall watch = WatchCall.open(client)) {
            watch.create(all(keys, 0).setPrevKv(true));
            client.put(keys.key("a"), "1");
            client.put(keys.key("a"), "2");
            client.delete(keys.key("a"));
            client.put(keys.key("a"), "3");

            List<Event> events = watch.events(4);
            assertFalse(events.get(0).hasPrevKv());
            assertEquals(events.get(0).getKv(), events.get(1).getPrevKv());
            assertEquals(events.get(1).getKv(), events.get(2).getPrevKv());
            assertFalse(events.get(3).hasPrevKv());
        }
    }

    @Test
    @OwnMember
    @Statement({"WAT-17", "WAT-18"})
    void leavesOutThePairBeforeWhenItIsCompacted(Client client, Keys keys) {
        client.put(keys.key("a"), "1");
        long second = client.putRevision(keys.key("a"), "2");
        client.put(keys.key("a"), "3");
        var ignored = client.kv().compact(Requests.physicalCompaction(second));
        try (WatchCall watch = WatchCall.open(client)) {
            watch.create(all(keys, second).setPrevKv(true));

            List<Event> events = watch.events(2);
            assertEquals(bytes("2"), events.get(0).getKv().getValue());
            assertFalse(events.get(0).hasPrevKv());
            assertEquals(bytes("2"), events.get(1).getPrevKv().getValue());
        }
    }

    @Test
    @Statement("WAT-19")
    void filtersOnTheServer(Client client, Keys keys) {
        try (WatchCall puts = WatchCall.open(client);
                WatchCall deletes = WatchCall.open(client);
                WatchCall nothing = WatchCall.open(client);
                WatchCall unknown = WatchCall.open(client)) {
            puts.create(all(keys, 0).addFilters(FilterType.NODELETE));
            deletes.create(all(keys, 0).addFilters(FilterType.NOPUT));
            nothing.create(all(keys, 0).addFilters(FilterType.NOPUT).addFilters(FilterType.NODELETE));
            unknown.create(all(keys, 0).addFiltersValue(7));
            client.put(keys.key("a"), "1");
            client.delete(keys.key("a"));
            client.txn(then(op(put(keys.key("a"), "2")), op(put(keys.key("b"), "2"))));
            client.delete(keys.key("b"));
            client.txn(then(op(put(keys.key("c"), "3")), op(delete(keys.key("a")))));

            assertEquals(
                    List.of("PUT a", "PUT a", "PUT b", "PUT c"),
                    puts.events(4).stream().map(event -> show(event, keys)).toList());
            assertEquals(
                    List.of("DELETE a", "DELETE b", "DELETE a"),
                    deletes.events(3).stream().map(event -> show(event, keys)).toList());
            assertEquals(7, unknown.events(7).size());
            nothing.askProgress();
            assertEquals(-1, nothing.next().getWatchId());
        }
    }

    private static String show(Event event, Keys keys) {
        return event.getType() + " " + keys.name(event.getKv().getKey());
    }

    @Test
    @Statement({"WAT-20", "LEA-07"})
    void showsTheRevocationOfALease(Client client, Keys keys) {
        long lease = client.grant(600);
        for (String name : List.of("c", "a", "b")) {
            client.kv().put(put(keys.key(name), "1").setLease(lease).build());
        }
        client.put(keys.key("free"), "1");
        try (WatchCall watch = WatchCall.open(client)) {
            long before = watch.create(all(keys, 0)).getHeader().getRevision();
            client.lease()
                    .leaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease).build());

            assertAllDeletedAt(before + 1, watch.nextEvents(), keys);
            assertEquals(before + 1, client.revision());
        }
    }

    @Test
    @OwnMember
    @Statement({"WAT-20", "LEA-25"})
    void showsTheExpiryOfALease(Client client, Keys keys) {
        long lease = client.grant(2);
        client.txn(then(
                op(put(keys.key("b"), "1").setLease(lease)),
                op(put(keys.key("a"), "1").setLease(lease)),
                op(put(keys.key("c"), "1").setLease(lease))));
        try (WatchCall watch = WatchCall.open(client)) {
            long before = watch.create(all(keys, 0)).getHeader().getRevision();

            assertAllDeletedAt(before + 1, watch.nextEvents(), keys);
        }
    }

    private static void assertAllDeletedAt(long revision, WatchResponse response, Keys keys) {
        assertEquals(
                List.of("DELETE a", "DELETE b", "DELETE c"),
                response.getEventsList().stream()
                        .map(event -> show(event, keys))
                        .toList());
        assertTrue(response.getEventsList().stream()
                .allMatch(event -> event.getKv().getModRevision() == revision));
        assertEquals(revision, response.getHeader().getRevision());
    }

    @Test
    @Statement({"WAT-21", "WAT-22"})
    void keepsARevisionTogetherInItsOrder(Client client, Keys keys) {
        client.put(keys.key("c"), "0");
        try (WatchCall watch = WatchCall.open(client)) {
            long before = watch.create(all(keys, 0)).getHeader().getRevision();
            client.txn(then(
                    op(put(keys.key("z"), "1")),
                    op(delete(keys.key("c"))),
                    op(then(op(put(keys.key("b"), "1")), op(put(keys.key("a"), "1")))),
                    op(put(keys.key("y"), "1"))));
            client.txn(then(op(delete(keys.prefix(), keys.end()))));

            List<List<String>> expected = List.of(
                    List.of("PUT z", "DELETE c", "PUT b", "PUT a", "PUT y"),
                    List.of("DELETE a", "DELETE b", "DELETE y", "DELETE z"));
            for (int i = 0; i < expected.size(); i++) {
                WatchResponse response = watch.nextEvents();
                assertEquals(before + 1 + i, response.getHeader().getRevision());
                assertEquals(
                        expected.get(i),
                        response.getEventsList().stream()
                                .map(event -> show(event, keys))
                                .toList());
            }
            // History tells the same, here both revisions in one batch.
            watch.create(all(keys, before + 1));
            assertEquals(
                    expected.stream().flatMap(List::stream).toList(),
                    watch.events(9).stream().map(event -> show(event, keys)).toList());
        }
    }
}
