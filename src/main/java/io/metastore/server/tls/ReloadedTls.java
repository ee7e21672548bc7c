package io.metastore.server.tls;

import io.metastore.thread.Threads;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/// TLS from files that may be replaced while the server runs: connections made after that get what is new.
///
/// A thread looks at the files once a second. What it finds is used only when it is whole and fits together;
/// until then, say while somebody has written the certificate and not yet the key, the old one goes on.
public final class ReloadedTls implements TlsOffer, AutoCloseable {
    private static final Logger LOG = Logger.getLogger(ReloadedTls.class);
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration HANDSHAKE_MAX = Duration.ofSeconds(10);

    private final TlsSettings settings;
    private final ScheduledExecutorService looking = Threads.clock("tls-files", Threads.UNCAUGHT);
    private volatile SslContext context;
    private List<Object> used;
    private String complaint = "";

    /// @throws TlsFailure when a file is missing, damaged, expired, or does not fit another
    public ReloadedTls(TlsSettings settings) throws TlsFailure {
        this(settings, LOOK);
    }

    ReloadedTls(TlsSettings settings, Duration look) throws TlsFailure {
        this.settings = settings;
        this.used = state();
        this.context = TlsContexts.load(settings);
        looking.scheduleWithFixedDelay(this::look, look.toMillis(), look.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public SslHandler newHandler(ByteBufAllocator allocator) {
        SslHandler handler = context.newHandler(allocator);
        handler.setHandshakeTimeoutMillis(HANDSHAKE_MAX.toMillis());
        return handler;
    }

    /// What tells that a file is another one: its time, size and identity, or that it is not there.
    private List<Object> state() {
        List<Object> state = new ArrayList<>();
        for (Path file : settings.files()) {
            try {
                BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
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
            context = TlsContexts.load(settings);
            // Taken before reading: a file that changes meanwhile is found by the next look.
            used = now;
            complaint = "";
            LOG.infof("certificates were read anew: %s", settings.certFile());
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
