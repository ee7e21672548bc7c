package io.metastore.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.value.Bytes;
import io.metastore.watch.FakeStore.Change;
import io.metastore.watch.WatchLimits;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class WatchSlowClientTest {
    private static final int MIB = 1 << 20;
    private static final int EVENTS = 60;
    private static final int STREAMS = 10;

    /// WAT-27: what waits for clients that do not read is bounded; when they read again they get everything
    /// in order, once.
    @Test
    @Timeout(value = 120, unit = TimeUnit.SECONDS)
    void aClientThatDoesNotReadCostsBoundedMemoryAndMissesNothing() throws Exception {
        WatchLimits limits = WatchLimits.defaults().withStreamBytes(3 * MIB).withTotalBytes(12 * MIB);
        try (WatchServer server = new WatchServer(limits, 2 * MIB)) {
            WatchClient[] clients = new WatchClient[STREAMS];
            for (int i = 0; i < STREAMS; i++) {
                clients[i] = server.client(false);
                clients[i].create(WatchClient.key("big"));
                clients[i].read(1);
                assertTrue(clients[i].next().getCreated());
            }
            long most = 0;
            for (int i = 0; i < EVENTS; i++) {
                server.transaction(Change.put("big", Bytes.wrap(new byte[MIB])));
                most = Math.max(most, server.hub.counts().pendingEvents());
            }
            Eventually.holds("all are slow", () -> server.hub.counts().slowWatchers() == STREAMS);
            most = Math.max(most, server.hub.counts().pendingEvents());
            assertTrue(most <= 12, "events waiting: " + most);
            for (WatchClient client : clients) {
                readAll(client);
            }
            Eventually.holds("none is slow", () -> server.hub.counts().slowWatchers() == 0);
            assertEquals(0, server.hub.counts().pendingEvents());
        }
    }

    private static void readAll(WatchClient client) {
        long expected = 2;
        while (expected < 2 + EVENTS) {
            client.read(1);
            WatchResponse response = client.next();
            for (var event : response.getEventsList()) {
                assertEquals(expected, event.getKv().getModRevision());
                assertEquals(MIB, event.getKv().getValue().size());
                expected++;
            }
        }
    }
}
