package io.metastore.server.tls;

import io.metastore.thread.Threads;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ImmediateExecutor;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;

/// TLS of listeners from files that may be replaced while the server runs: connections made a second after
/// that get what is new.
public final class ReloadedTls implements TlsOffer, AutoCloseable {
    private static final Duration HANDSHAKE_MAX = Duration.ofSeconds(10);
    private static final int JUDGES = 2;
    private static final int WAITING_MAX = 1024;

    private final LoadedTls files;
    /// Threads for handshakes that may ask a name server, which event loops must not wait for.
    private final Optional<ThreadPoolExecutor> judges;

    /// @throws TlsFailure when a file is missing, damaged, expired, or does not fit another
    public ReloadedTls(TlsSettings settings, Refusals refusals) throws TlsFailure {
        files = new LoadedTls(settings, found -> TlsContexts.server(found, refusals));
        judges = settings.verified() && settings.originVerified()
                ? Optional.of(
                        Threads.pool("tls-handshakes", JUDGES, new ArrayBlockingQueue<>(WAITING_MAX), Threads.UNCAUGHT))
                : Optional.empty();
    }

    @Override
    public SslHandler newHandler(Channel connection) {
        SslContext context = files.current();
        Executor executor = judges.<Executor>map(pool -> pool).orElse(ImmediateExecutor.INSTANCE);
        SslHandler handler = connection.remoteAddress() instanceof InetSocketAddress remote && !remote.isUnresolved()
                ? context.newHandler(
                        connection.alloc(), remote.getAddress().getHostAddress(), remote.getPort(), executor)
                : context.newHandler(connection.alloc(), executor);
        handler.setHandshakeTimeoutMillis(HANDSHAKE_MAX.toMillis());
        return handler;
    }

    @Override
    public void close() {
        files.close();
        judges.ifPresent(ThreadPoolExecutor::shutdownNow);
    }
}
