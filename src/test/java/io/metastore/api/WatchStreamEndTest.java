package io.metastore.api;

import static io.metastore.api.WatchClient.key;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.Status;
import io.metastore.Eventually;
import io.metastore.watch.WatchLimits;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// How watch streams end, from either side.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class WatchStreamEndTest {
    private WatchServer server;

    @BeforeEach
    void start() throws Exception {
        server = new WatchServer(WatchLimits.defaults(), 4096);
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
    }

    @Test
    void wat37_halfCloseKeepsTheStream() {
        WatchClient client = server.client();
        client.create(key("a"));
        client.next();
        client.halfClose();
        server.put("a", "1");
        server.put("a", "2");
        assertEquals(2, client.next(2).size());
    }

    @Test
    void wat38_aCancelledCallLeavesNothingBehind() {
        WatchClient client = server.client();
        client.create(key("a"));
        client.next();
        assertEquals(1, server.hub.counts().watchers());
        client.close();
        assertEquals(Status.Code.CANCELLED, Status.fromThrowable(client.end()).getCode());
        Eventually.holds(
                "watchers and streams are gone",
                () -> server.hub.counts().watchers() == 0 && server.hub.counts().streams() == 0);
    }

    @Test
    void streamsEndWhenTheHubCloses() {
        WatchClient client = server.client();
        client.create(key("a"));
        client.next();
        server.hub.close();
        Status end = Status.fromThrowable(client.end());
        assertEquals(Status.Code.UNAVAILABLE, end.getCode());
        assertEquals("etcdserver: server stopped", end.getDescription());
    }
}
