package io.metastore.server;

import io.netty.channel.Channel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.util.List;

/// Accepts connections as far as [ConnectionLimit] goes and closes the others at once, on the accepting thread:
/// one that waited for its event loop first would hold a file until then, and a burst of them all there are.
final class BoundedServerChannel extends NioServerSocketChannel {
    private final ConnectionLimit limit;
    private final Complaints complaints;

    BoundedServerChannel(ConnectionLimit limit, Complaints complaints) {
        this.limit = limit;
        this.complaints = complaints;
    }

    @Override
    protected int doReadMessages(List<Object> accepted) throws Exception {
        int count = super.doReadMessages(accepted);
        if (count > 0) {
            Channel connection = (Channel) accepted.getLast();
            if (!limit.enter(connection)) {
                accepted.removeLast();
                complaints.full(connection);
                connection.unsafe().closeForcibly();
            }
        }
        return count;
    }
}
