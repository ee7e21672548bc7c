package io.metastore.server;

import io.metastore.api.http.HttpServing;
import io.metastore.server.tls.TlsOffer;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Optional;

/// One address for HTTP alone, such as that for metrics and health (HTH-09): HTTP/1.1, and HTTP/2 over TLS for clients
/// that choose it.
final class HttpListener {
    static final String METRICS = "listen-metrics-urls";
    static final String CLIENTS = "listen-client-http-urls";

    private final URI url;
    private final Channel channel;

    private HttpListener(URI url, Channel channel) {
        this.url = url;
        this.channel = channel;
    }

    /// @param key setting that names the address
    static HttpListener open(
            String key, URI url, HttpServing http, Optional<TlsOffer> tls, Complaints complaints, EventLoops loops)
            throws ListenFailure {
        try {
            ChannelFuture bound = new ServerBootstrap()
                    .group(loops.accept, loops.work)
                    .channel(NioServerSocketChannel.class)
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .childHandler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel connection) {
                            if (tls.isPresent()) {
                                connection
                                        .pipeline()
                                        .addLast(tls.get().newHandler(connection), new Handshake(http, complaints));
                            } else {
                                http.serve(connection);
                                connection.pipeline().addLast(new PipelineEnd(complaints));
                            }
                        }
                    })
                    .bind(ClientListener.address(url))
                    .awaitUninterruptibly();
            if (!bound.isSuccess()) {
                throw new ListenFailure(key, url, bound.cause());
            }
            return new HttpListener(url, bound.channel());
        } catch (ListenFailure failure) {
            throw failure;
        } catch (IOException e) {
            throw new ListenFailure(key, url, e);
        }
    }

    /// Waits for the end of a handshake: then HTTP/2 is spoken where both sides agreed on it, else HTTP/1.1.
    private static final class Handshake extends ChannelInboundHandlerAdapter {
        private final HttpServing http;
        private final Complaints complaints;

        private Handshake(HttpServing http, Complaints complaints) {
            this.http = http;
            this.complaints = complaints;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
            if (event instanceof SslHandshakeCompletionEvent handshake) {
                if (!handshake.isSuccess()) {
                    complaints.handshakeFailed(ctx.channel(), handshake.cause());
                    ctx.close();
                    return;
                }
                SslHandler tls = ctx.pipeline().get(SslHandler.class);
                if (ApplicationProtocolNames.HTTP_2.equals(tls.applicationProtocol())) {
                    http.serveHttp2(ctx.channel());
                } else {
                    http.serve(ctx.channel());
                }
                ctx.pipeline().addLast(new PipelineEnd(complaints));
                ctx.pipeline().remove(this);
            }
            super.userEventTriggered(ctx, event);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            complaints.broken(ctx.channel(), cause);
            ctx.close();
        }
    }

    URI url() {
        return url;
    }

    int port() {
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    void close() {
        channel.close().awaitUninterruptibly();
    }
}
