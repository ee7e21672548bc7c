package io.metastore.server.tls;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;

/// The TLS side of a listener: a fresh handler for each connection, with the certificates of that moment.
public interface TlsOffer {
    /// Called on the event loop of a connection that was accepted, once for each; does not block.
    SslHandler newHandler(Channel connection);
}
