package io.metastore.server.tls;

import io.metastore.thread.Threads;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/// One side of TLS from files that may be replaced while the server runs.
///
/// A thread looks at the files once a second. What it finds is used only when it is whole and fits together;
/// until then, say while somebody has written the certificate and not yet the key, the old one goes on.
final class LoadedTls implements AutoCloseable {
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Logger LOG = Logger.getLogger(LoadedTls.class);

    private final TlsSettings settings;
    private final Load load;
    private final ScheduledExecutorService looking = Threads.clock("tls-files", Threads.UNCAUGHT);
    private volatile SslContext context;
    private List<Object> used;
    private String complaint = "";

    /// Reads the files.
    interface Load {
        /// @throws TlsFailure when a file is missing, damaged, expired, or does not fit another
        SslContext from(TlsSettings settings) throws TlsFailure;
    }

    /// @throws TlsFailure when a file is missing, damaged, expired, or does not fit another
    LoadedTls(TlsSettings settings, Load load) throws TlsFailure {
        this.settings = settings;
        this.load = load;
        this.used = state();
        this.context = load.from(settings);
        looking.scheduleWithFixedDelay(this::look, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// What new connections are made with. Called on any thread.
    SslContext current() {
        return context;
    }

    /// What tells that a file is another one: its time, size and identity, or that it is not there.
    private List<Object> state() {
        List<Object> state = new ArrayList<>();
        for (TlsFile file : settings.files()) {
            try {
                BasicFileAttributes attributes = Files.readAttributes(file.path(), BasicFileAttributes.class);
                state.add(List.of(
                        attributes.lastModifiedTime(), attributes.size(), String.valueOf(attributes.fileKey())));
            } catch (IOException e) {
                state.add(e.getClass());
            }
        }
        return state;
    }

    private void look() {
        List<Object> now = state();
        if (now.equals(used)) {
            return;
        }
        try {
            context = load.from(settings);
            // Taken before reading: a file that changes meanwhile is found by the next look.
            used = now;
            complaint = "";
            LOG.infof(
                    "certificates were read anew: %s",
                    settings.files().getFirst().path());
        } catch (TlsFailure failure) {
            if (!failure.getMessage().equals(complaint)) {
                complaint = failure.getMessage();
                LOG.warnf("certificates have changed and cannot be used, the old ones stay: %s", complaint);
            }
        } catch (RuntimeException unexpected) {
            LOG.error("certificates have changed and cannot be used, the old ones stay", unexpected);
        }
    }

    @Override
    public void close() {
        looking.shutdownNow();
    }
}
