package io.metastore.server.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslHandler;

/// The TLS side of a listener: a fresh handler for each connection, with the certificates of that moment.
public interface TlsOffer {
    SslHandler newHandler(ByteBufAllocator allocator);
}
