package io.metastore.server.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolNegotiator;
import io.netty.handler.ssl.SslContext;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSessionContext;

/// TLS of those who dial, from files that may be replaced while the server runs: a channel that has this
/// context for good makes connections with what is new a second after that.
///
/// The host that the engine is made for is the one that the listener's certificate must be for.
public final class DialingTls extends SslContext implements AutoCloseable {
    private final LoadedTls files;

    /// @throws TlsFailure when a file is missing, damaged, expired, or does not fit another
    public DialingTls(TlsSettings settings, Refusals refusals) throws TlsFailure {
        files = new LoadedTls(settings, found -> TlsContexts.client(found, refusals));
    }

    @Override
    public SSLEngine newEngine(ByteBufAllocator allocator, String host, int port) {
        return files.current().newEngine(allocator, host, port);
    }

    @Override
    public SSLEngine newEngine(ByteBufAllocator allocator) {
        return files.current().newEngine(allocator);
    }

    @Override
    public boolean isClient() {
        return true;
    }

    @Override
    public List<String> cipherSuites() {
        return files.current().cipherSuites();
    }

    @Override
    public ApplicationProtocolNegotiator applicationProtocolNegotiator() {
        return files.current().applicationProtocolNegotiator();
    }

    @Override
    public SSLSessionContext sessionContext() {
        return files.current().sessionContext();
    }

    @Override
    public void close() {
        files.close();
    }
}
