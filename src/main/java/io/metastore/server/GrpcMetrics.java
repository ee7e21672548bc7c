package io.metastore.server;

import io.grpc.Context;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerStreamTracer;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToLongFunction;

/// Counts calls under the names that etcd's dashboards and alerts use (MET-17, MET-24). Two small objects and a
/// few adders for each call.
///
/// A call counts with the code that it was answered with, whatever becomes of the answer. One that ends without an
/// answer was ended by its client, by cancelling it or with its connection: that is Canceled, as in etcd, where
/// grpc-java calls a lost connection Unavailable, the code by which alerts find faults of the server.
///
/// Add the services with [#expect] before they are served: each of their methods has its series from the start.
/// The tracer and the interceptor belong together, and the interceptor must see a call before all others.
public final class GrpcMetrics extends ServerStreamTracer.Factory implements ServerInterceptor {
    private static final Context.Key<Tracer> CURRENT = Context.key("what counts the call");
    /// Names of the codes as Go writes them, by number.
    private static final String[] CODES = {
        "OK",
        "Canceled",
        "Unknown",
        "InvalidArgument",
        "DeadlineExceeded",
        "NotFound",
        "AlreadyExists",
        "PermissionDenied",
        "ResourceExhausted",
        "FailedPrecondition",
        "Aborted",
        "OutOfRange",
        "Unimplemented",
        "Internal",
        "Unavailable",
        "DataLoss",
        "Unauthenticated"
    };
    /// Upper bounds in seconds.
    private static final double[] BOUNDS = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

    private final boolean timed;
    private final Map<String, Method> methods = new HashMap<>();
    private final LongAdder received = new LongAdder();
    private final LongAdder sent = new LongAdder();

    /// @param timed whether handling times are kept too, as `--metrics=extensive` asks for
    public GrpcMetrics(boolean timed) {
        this.timed = timed;
    }

    private static final class Method {
        private final String labels;
        private final LongAdder started = new LongAdder();
        private final LongAdder messagesIn = new LongAdder();
        private final LongAdder messagesOut = new LongAdder();
        private final LongAdder[] handled = adders(CODES.length);
        private final LongAdder[] buckets = adders(BOUNDS.length + 1);
        private final LongAdder nanos = new LongAdder();

        private Method(String labels) {
            this.labels = labels;
        }

        private static LongAdder[] adders(int count) {
            LongAdder[] adders = new LongAdder[count];
            for (int i = 0; i < count; i++) {
                adders[i] = new LongAdder();
            }
            return adders;
        }

        private void took(long time) {
            int bucket = 0;
            while (bucket < BOUNDS.length && time > BOUNDS[bucket] * 1e9) {
                bucket++;
            }
            buckets[bucket].increment();
            nanos.add(time);
        }
    }

    /// Must not be called once calls arrive.
    public void expect(ServiceDescriptor service) {
        for (MethodDescriptor<?, ?> method : service.getMethods()) {
            methods.put(
                    method.getFullMethodName(),
                    new Method(TextFamilies.labels(
                            "grpc_method", String.valueOf(method.getBareMethodName()),
                            "grpc_service", String.valueOf(method.getServiceName()),
                            "grpc_type", type(method.getType()))));
        }
    }

    private static String type(MethodDescriptor.MethodType type) {
        return switch (type) {
            case CLIENT_STREAMING -> "client_stream";
            case SERVER_STREAMING -> "server_stream";
            case BIDI_STREAMING -> "bidi_stream";
            case UNARY, UNKNOWN -> "unary";
        };
    }

    /// Calls of a method that ended with OK, for metrics that etcd counts elsewhere.
    public long succeeded(String fullMethodName) {
        Method method = methods.get(fullMethodName);
        return method == null ? 0 : method.handled[Status.Code.OK.value()].sum();
    }

    /// A method that is not served is counted nowhere: its name is the client's invention.
    @Override
    public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
        Method method = methods.get(fullMethodName);
        return method == null ? new ServerStreamTracer() {} : new Tracer(method, timed ? System.nanoTime() : 0);
    }

    /// Called on the event loop when a call begins.
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        Tracer tracer = CURRENT.get();
        return next.startCall(tracer == null ? call : new Answered<>(call, tracer), headers);
    }

    private static final class Answered<Q, A> extends SimpleForwardingServerCall<Q, A> {
        private final Tracer tracer;

        private Answered(ServerCall<Q, A> call, Tracer tracer) {
            super(call);
            this.tracer = tracer;
        }

        @Override
        public void close(Status status, Metadata trailers) {
            tracer.answered = status.getCode();
            super.close(status, trailers);
        }
    }

    private final class Tracer extends ServerStreamTracer {
        private final Method method;
        /// Written by whoever answers, read by the event loop.
        private volatile Status.Code answered;

        private final long startedNanos;

        private Tracer(Method method, long startedNanos) {
            this.method = method;
            this.startedNanos = startedNanos;
            method.started.increment();
        }

        @Override
        public Context filterContext(Context around) {
            return around.withValue(CURRENT, this);
        }

        @Override
        public void inboundMessage(int number) {
            method.messagesIn.increment();
        }

        @Override
        public void outboundMessage(int number) {
            method.messagesOut.increment();
        }

        @Override
        public void inboundUncompressedSize(long bytes) {
            received.add(bytes);
        }

        @Override
        public void outboundUncompressedSize(long bytes) {
            sent.add(bytes);
        }

        @Override
        public void streamClosed(Status status) {
            method.handled[counted(status.getCode()).value()].increment();
            if (timed) {
                method.took(System.nanoTime() - startedNanos);
            }
        }

        private Status.Code counted(Status.Code ended) {
            Status.Code answer = answered;
            if (answer != null) {
                return answer;
            }
            return ended == Status.Code.UNAVAILABLE ? Status.Code.CANCELLED : ended;
        }
    }

    /// Called after [#expect].
    public void bind(TextFamilies families) {
        Map<String, Method> sorted = new TreeMap<>(methods);
        perMethod(families, sorted, "grpc_server_started_total", "RPCs started.", method -> method.started.sum());
        families.family("grpc_server_handled_total", "counter", "RPCs ended, by code.", lines -> {
            for (Method method : sorted.values()) {
                for (int code = 0; code < CODES.length; code++) {
                    lines.sample("grpc_code=\"" + CODES[code] + "\"," + method.labels, method.handled[code].sum());
                }
            }
        });
        perMethod(
                families,
                sorted,
                "grpc_server_msg_received_total",
                "Messages received.",
                method -> method.messagesIn.sum());
        perMethod(families, sorted, "grpc_server_msg_sent_total", "Messages sent.", method -> method.messagesOut.sum());
        if (timed) {
            families.family(
                    "grpc_server_handling_seconds",
                    "histogram",
                    "Time from the start of an RPC to its end.",
                    lines -> sorted.values().forEach(method -> times(lines, method)));
        }
        families.counter(
                "etcd_network_client_grpc_received_bytes_total", "Bytes of messages from gRPC clients.", received::sum);
        families.counter("etcd_network_client_grpc_sent_bytes_total", "Bytes of messages to gRPC clients.", sent::sum);
    }

    private static void perMethod(
            TextFamilies families,
            Map<String, Method> methods,
            String name,
            String help,
            ToLongFunction<Method> value) {
        families.family(name, "counter", help, lines -> {
            for (Method method : methods.values()) {
                lines.sample(method.labels, value.applyAsLong(method));
            }
        });
    }

    private static void times(TextFamilies.Lines lines, Method method) {
        long count = 0;
        List<String> bounds = new ArrayList<>();
        for (double bound : BOUNDS) {
            bounds.add(bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound));
        }
        bounds.add("+Inf");
        for (int i = 0; i < bounds.size(); i++) {
            count += method.buckets[i].sum();
            lines.sample("_bucket", method.labels + ",le=\"" + bounds.get(i) + "\"", count);
        }
        lines.sample("_sum", method.labels, method.nanos.sum() / 1e9);
        lines.sample("_count", method.labels, count);
    }
}
