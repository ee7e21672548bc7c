package io.metastore.api;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.InternalMetadata;
import io.grpc.InternalMetadata.TrustedAsciiMarshaller;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.metastore.consensus.Unavailable;
import io.metastore.value.StoreError;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;

/// What holds for every call before a service sees it: clients that demand a leader get one or an error (GEN-14,
/// GEN-15), and are counted by the version of the API that they say they speak (GEN-16).
public final class CallRules implements ServerInterceptor {
    /// Versions counted apart. Clients make them up, so there must be an end to them.
    private static final int VERSIONS_MAX = 100;
    /// Election timeouts without a leader after which streams are cut.
    private static final int TICKS_MAX = 3;

    private static final Metadata.Key<String> HAS_LEADER =
            Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<byte[]> VERSION =
            InternalMetadata.keyOf("client-api-version", new TrustedAsciiMarshaller<byte[]>() {
                @Override
                public byte[] toAsciiString(byte[] value) {
                    return value;
                }

                @Override
                public byte[] parseAsciiString(byte[] value) {
                    return value;
                }
            });

    private final BooleanSupplier leaderKnown;
    private final Map<Requests, LongAdder> counts = new ConcurrentHashMap<>();
    private final Set<LeaderBound<?, ?>> streams = ConcurrentHashMap.newKeySet();
    private int ticksWithoutLeader;

    /// @param leaderKnown whether this member knows who leads
    public CallRules(BooleanSupplier leaderKnown) {
        this.leaderKnown = leaderKnown;
    }

    /// @param type    unary or stream
    /// @param version as the client says, `unknown` when it does not
    public record Requests(String type, String version) implements Comparable<Requests> {
        @Override
        public int compareTo(Requests other) {
            int byType = type.compareTo(other.type);
            return byType != 0 ? byType : version.compareTo(other.version);
        }
    }

    /// Calls so far.
    public Map<Requests, Long> requests() {
        Map<Requests, Long> sums = new TreeMap<>();
        counts.forEach((key, count) -> sums.put(key, count.sum()));
        return sums;
    }

    /// Open streams that would be cut without a leader.
    public int leaderBoundStreams() {
        return streams.size();
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        byte[] raw = headers.get(VERSION);
        String version = raw == null ? "unknown" : utf8(raw);
        if (version == null) {
            return refuse(call, GrpcErrors.status(StoreError.INVALID_CLIENT_API_VERSION));
        }
        boolean unary = call.getMethodDescriptor().getType().clientSendsOneMessage()
                && call.getMethodDescriptor().getType().serverSendsOneMessage();
        count(new Requests(unary ? "unary" : "stream", version));
        if (!"true".equals(headers.get(HAS_LEADER))) {
            return next.startCall(call, headers);
        }
        if (!leaderKnown.getAsBoolean()) {
            return refuse(call, noLeader());
        }
        return unary ? next.startCall(call, headers) : new LeaderBound<Q, A>(call).start(headers, next);
    }

    private static Status noLeader() {
        return GrpcErrors.status(new Unavailable.NoLeader());
    }

    private static <Q> ServerCall.Listener<Q> refuse(ServerCall<Q, ?> call, Status status) {
        call.close(status, new Metadata());
        return new ServerCall.Listener<>() {};
    }

    private void count(Requests requests) {
        LongAdder counter = counts.get(requests);
        if (counter == null) {
            Requests bounded =
                    counts.size() < VERSIONS_MAX ? requests : new Requests(requests.type(), "other");
            counter = counts.computeIfAbsent(bounded, _ -> new LongAdder());
        }
        counter.increment();
    }

    private static String utf8(byte[] raw) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(raw)).toString();
        } catch (CharacterCodingException _) {
            return null;
        }
    }

    /// To be called once in each election timeout, always by the same thread: cuts the streams that demand a leader when
    /// there was none for three of them.
    public void tick() {
        ticksWithoutLeader = leaderKnown.getAsBoolean() ? 0 : ticksWithoutLeader + 1;
        if (ticksWithoutLeader >= TICKS_MAX) {
            streams.forEach(LeaderBound::cut);
        }
    }

    /// A stream whose client demands a leader. It may be closed here while its service writes to it elsewhere: what the
    /// service says after that goes nowhere.
    private final class LeaderBound<Q, A> extends SimpleForwardingServerCall<Q, A> {
        private boolean cut;
        private boolean closed;

        private LeaderBound(ServerCall<Q, A> call) {
            super(call);
        }

        private ServerCall.Listener<Q> start(Metadata headers, ServerCallHandler<Q, A> next) {
            streams.add(this);
            return new SimpleForwardingServerCallListener<>(next.startCall(this, headers)) {
                @Override
                public void onCancel() {
                    streams.remove(LeaderBound.this);
                    super.onCancel();
                }

                @Override
                public void onComplete() {
                    streams.remove(LeaderBound.this);
                    // The service did not end this call: for it, it was cancelled.
                    if (wasCut()) {
                        super.onCancel();
                    } else {
                        super.onComplete();
                    }
                }
            };
        }

        private synchronized boolean wasCut() {
            return cut;
        }

        private synchronized void cut() {
            if (!closed) {
                cut = true;
                closed = true;
                super.close(noLeader(), new Metadata());
            }
        }

        @Override
        public synchronized void sendHeaders(Metadata headers) {
            if (!cut) {
                super.sendHeaders(headers);
            }
        }

        @Override
        public synchronized void sendMessage(A message) {
            if (!cut) {
                super.sendMessage(message);
            }
        }

        @Override
        public synchronized void close(Status status, Metadata trailers) {
            if (!cut) {
                closed = true;
                super.close(status, trailers);
            }
        }

        @Override
        public boolean isCancelled() {
            return wasCut() || super.isCancelled();
        }

        @Override
        public boolean isReady() {
            return !wasCut() && super.isReady();
        }
    }
}
