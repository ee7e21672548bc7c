package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConnectionLimitTest {
    @Test
    void aQuarterOfTheFilesIsLeftToTheDatabase() {
        ConnectionLimit limit = new ConnectionLimit(() -> 12, 3);
        List<EmbeddedChannel> open = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            EmbeddedChannel channel = new EmbeddedChannel();
            open.add(channel);
            assertTrue(limit.enter(channel));
        }
        EmbeddedChannel late = new EmbeddedChannel();
        assertFalse(limit.enter(late));
        late.close();
        assertEquals(6, limit.count());
        open.removeLast().close();
        assertEquals(5, limit.count());
        assertTrue(limit.enter(new EmbeddedChannel()));
    }
}
