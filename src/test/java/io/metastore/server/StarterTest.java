package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.thread.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class StarterTest {
    private final CountDownLatch ended = new CountDownLatch(1);

    private void watch(InputStream input) {
        Starter.watch(input, ended::countDown, Threads.UNCAUGHT);
    }

    @Test
    void aStarterThatIsGoneEndsTheMember() throws Exception {
        try (PipedOutputStream starter = new PipedOutputStream();
                PipedInputStream input = new PipedInputStream(starter, 4)) {
            watch(input);
            // More than the pipe holds: the last of it is written when most has been read.
            starter.write(new byte[100]);
            assertFalse(ended.await(20, TimeUnit.MILLISECONDS), "what is written is read and means nothing");
            starter.close();
            assertTrue(ended.await(10, TimeUnit.SECONDS));
        }
    }

    @Test
    void anInputThatFailsIsAStarterThatIsGone() throws Exception {
        watch(new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("no such descriptor");
            }
        });
        assertTrue(ended.await(10, TimeUnit.SECONDS));
    }
}
