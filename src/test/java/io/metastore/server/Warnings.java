package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// The warnings and errors that a class writes to the log, from now until this is closed.
final class Warnings implements AutoCloseable {
    private final Logger log;
    private final BlockingQueue<String> said = new LinkedBlockingQueue<>();
    private final Handler recorder = new Handler() {
        @Override
        public void publish(LogRecord line) {
            if (line.getLevel().intValue() >= Level.WARNING.intValue()) {
                said.add(String.format(line.getMessage(), line.getParameters()));
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    Warnings(Class<?> source) {
        log = Logger.getLogger(source.getName());
        log.addHandler(recorder);
    }

    /// What was said and not taken by [#next].
    List<String> all() {
        return List.copyOf(said);
    }

    /// Waits for the next line.
    String next() throws InterruptedException {
        String line = said.poll(20, TimeUnit.SECONDS);
        assertNotNull(line, "nothing was said");
        return line;
    }

    @Override
    public void close() {
        log.removeHandler(recorder);
    }
}
