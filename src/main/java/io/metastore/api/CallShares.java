package io.metastore.api;

import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.service.ResponseBudget;
import io.metastore.service.ResponseShare;
import java.util.Set;
import java.util.concurrent.TimeoutException;

/// Gives each call that may answer with much its share of the [ResponseBudget], and ends it with the call: when
/// the transport has written the last byte, or the call is cancelled, its deadline over, its connection lost.
///
/// The transport takes a response as a whole and writes it as the client makes room, so that a call is over for
/// its service long before its memory is free. Only a tracer is told of its real end.
public final class CallShares extends ServerStreamTracer.Factory {
    private static final Set<String> METHODS = Set.of(
            KVGrpc.getRangeMethod().getFullMethodName(),
            KVGrpc.getRangeStreamMethod().getFullMethodName(),
            KVGrpc.getTxnMethod().getFullMethodName(),
            KVGrpc.getDeleteRangeMethod().getFullMethodName());
    private static final ServerStreamTracer UNCHARGED = new ServerStreamTracer() {};
    private static final Context.Key<ResponseShare> CURRENT = Context.key("share of the response budget");

    private final ResponseBudget budget;

    public CallShares(ResponseBudget budget) {
        this.budget = budget;
    }

    /// The share of the call that is being handed to its service on this thread.
    static ResponseShare current() {
        ResponseShare share = CURRENT.get();
        if (share == null) {
            throw new IllegalStateException("the call has no share of the response budget");
        }
        return share;
    }

    @Override
    public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
        return METHODS.contains(fullMethodName) ? new Charged() : UNCHARGED;
    }

    private final class Charged extends ServerStreamTracer {
        private final ResponseShare share = budget.share(this::cancel);
        private CancellableContext context;

        /// A call's own context cannot be cancelled from outside; one around it can.
        @Override
        public Context filterContext(Context around) {
            context = around.withValue(CURRENT, share).withCancellation();
            return context;
        }

        /// grpc-java resets the stream of a call whose context ends like this, with DEADLINE_EXCEEDED.
        private void cancel() {
            context.cancel(new TimeoutException("the client did not take its response in time"));
        }

        @Override
        public void streamClosed(Status status) {
            share.end();
        }
    }
}
