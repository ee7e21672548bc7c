package io.metastore.server;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;

/// The threads that all listeners share: one accepts, the others read and write.
final class EventLoops implements AutoCloseable {
    final EventLoopGroup accept = new NioEventLoopGroup(1, new DefaultThreadFactory("accept", true));
    final EventLoopGroup work;

    EventLoops(int threads) {
        work = new NioEventLoopGroup(threads, new DefaultThreadFactory("io", true));
    }

    @Override
    public void close() {
        accept.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        work.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        accept.terminationFuture().awaitUninterruptibly(3, TimeUnit.SECONDS);
        work.terminationFuture().awaitUninterruptibly(3, TimeUnit.SECONDS);
    }
}
