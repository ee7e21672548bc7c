package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What an operator reads of connections that end with an exception.
class ComplaintsTest {
    private final Warnings warnings = new Warnings(Complaints.class);
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final Complaints complaints = new Complaints(URI.create("http://127.0.0.1:2379"));

    @AfterEach
    void stop() {
        warnings.close();
        channel.close();
    }

    @Test
    void resetsAndGarbageAreNotWorthALine() {
        complaints.broken(channel, new IOException("Connection reset by peer"));
        complaints.broken(channel, new DecoderException("no frame"));
        complaints.broken(channel, new DecoderException(new SSLHandshakeException("no cipher in common")));

        assertEquals(List.of(), warnings.all());
    }

    @Test
    void aFaultOfThisProgramIsNamedOnceInAWhile() {
        for (int i = 0; i < 3; i++) {
            complaints.broken(channel, new DecoderException(new IllegalStateException("no such state")));
        }
        complaints.broken(channel, new NullPointerException("nothing there"));

        assertEquals(1, warnings.all().size(), warnings.all()::toString);
        assertTrue(
                warnings.all()
                        .getFirst()
                        .startsWith(
                                "http://127.0.0.1:2379: client embedded is cut, an internal error:"
                                        + " java.lang.IllegalStateException: no such state at io.metastore.server.ComplaintsTest."),
                warnings.all()::toString);
    }

    /// HTTP/1.1 by the same rule: what no handler has dealt with arrives at the end of the pipeline.
    @Test
    void whatReachesTheEndOfAPipelineCutsTheConnection() {
        EmbeddedChannel http = new EmbeddedChannel(new PipelineEnd(complaints));

        http.pipeline().fireExceptionCaught(new DecoderException(new IllegalStateException("no such state")));

        assertFalse(http.isOpen());
        assertEquals(1, warnings.all().size(), warnings.all()::toString);
        http.checkException();
    }
}
