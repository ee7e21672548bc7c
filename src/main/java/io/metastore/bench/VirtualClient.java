package io.metastore.bench;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.function.Consumer;

/// One caller with at most one call outstanding. Thousands of them share a few connections and one or two
/// event loops; none has a thread.
///
/// Lives on its lane's event loop: only that thread calls it.
abstract class VirtualClient {
    private final Lane lane;
    private final Channel channel;

    /// When the current call should have begun, by System.nanoTime; latency counts from here.
    private long intendedNanos;

    private int kind;

    VirtualClient(Lane lane, Channel channel) {
        this.lane = lane;
        this.channel = channel;
    }

    /// Sends one call and arranges for [#finished] to be called exactly once.
    ///
    /// @param number  the call's number in the phase
    abstract void send(long number);

    final void begin(long number, long intended) {
        intendedNanos = intended;
        send(number);
    }

    final long intendedNanos() {
        return intendedNanos;
    }

    final int kind() {
        return kind;
    }

    /// Which row of the table the current call belongs to.
    final void kind(int index) {
        kind = index;
    }

    final Channel channel() {
        return channel;
    }

    /// The call is over; the client may be used again.
    final void finished(Status status) {
        lane.finished(this, status);
    }

    /// One unary call that ends in [#finished].
    final <Q, A> void unary(MethodDescriptor<Q, A> method, Q request, Consumer<? super A> onReply) {
        ClientCall<Q, A> call = channel.newCall(method, CallOptions.DEFAULT);
        call.start(new Reply<>(onReply), new Metadata());
        call.request(2);
        try {
            call.sendMessage(request);
            call.halfClose();
        } catch (IllegalStateException e) {
            call.cancel("could not be sent", e);
        }
    }

    private final class Reply<A> extends ClientCall.Listener<A> {
        private final Consumer<? super A> onReply;

        Reply(Consumer<? super A> onReply) {
            this.onReply = onReply;
        }

        @Override
        public void onMessage(A message) {
            onReply.accept(message);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            finished(status);
        }
    }
}
