package io.metastore.server;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/// The last handler of a connection that speaks HTTP/1.1: whatever exception no other handler has dealt with
/// cuts the connection, and [Complaints] says whose fault it is.
final class PipelineEnd extends ChannelInboundHandlerAdapter {
    private final Complaints complaints;

    PipelineEnd(Complaints complaints) {
        this.complaints = complaints;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        complaints.broken(ctx.channel(), cause);
        ctx.close();
    }
}
