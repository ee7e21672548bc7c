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
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Optional;

/// One address for metrics and health: HTTP/1.1 only (HTH-09).
final class MetricsListener {
    static final String KEY = "listen-metrics-urls";

    private final URI url;
    private final Channel channel;

    private MetricsListener(URI url, Channel channel) {
        this.url = url;
        this.channel = channel;
    }

    static MetricsListener open(
            URI url, HttpServing http, Optional<TlsOffer> tls, Complaints complaints, EventLoops loops)
            throws ListenFailure {
        try {
            ChannelFuture bound = new ServerBootstrap()
                    .group(loops.accept, loops.work)
                    .channel(NioServerSocketChannel.class)
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .childHandler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel connection) {
                            tls.ifPresent(offer -> connection
                                    .pipeline()
                                    .addLast(offer.newHandler(connection.alloc()), new Handshake(complaints)));
                            http.serve(connection);
                            connection.pipeline().addLast(new PipelineEnd(complaints));
                        }
                    })
                    .bind(ClientListener.address(url))
                    .awaitUninterruptibly();
            if (!bound.isSuccess()) {
                throw new ListenFailure(KEY, url, bound.cause());
            }
            return new MetricsListener(url, bound.channel());
        } catch (ListenFailure failure) {
            throw failure;
        } catch (IOException e) {
            throw new ListenFailure(KEY, url, e);
        }
    }

    /// Complains of a handshake that failed.
    private static final class Handshake extends ChannelInboundHandlerAdapter {
        private final Complaints complaints;

        private Handshake(Complaints complaints) {
            this.complaints = complaints;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
            if (event instanceof SslHandshakeCompletionEvent handshake && !handshake.isSuccess()) {
                complaints.handshakeFailed(ctx.channel(), handshake.cause());
                ctx.close();
            }
            super.userEventTriggered(ctx, event);
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
