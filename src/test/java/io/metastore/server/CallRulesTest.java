package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.InternalMetadata;
import io.grpc.InternalMetadata.TrustedAsciiMarshaller;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.metastore.api.CallRules;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.grpc.health.HealthCheckRequest;
import io.metastore.api.grpc.health.HealthCheckResponse;
import io.metastore.api.grpc.health.HealthGrpc;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// Metadata of calls: `hasleader` and `client-api-version`.
class CallRulesTest {
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

    private interface Headers {
        void addTo(Metadata metadata);
    }

    private static Channel with(ManagedChannel channel, Headers headers) {
        return ClientInterceptors.intercept(channel, new ClientInterceptor() {
            @Override
            public <Q, A> ClientCall<Q, A> interceptCall(
                    MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
                return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
                    @Override
                    public void start(Listener<A> listener, Metadata metadata) {
                        headers.addTo(metadata);
                        super.start(listener, metadata);
                    }
                };
            }
        });
    }

    private static Status refusal(Channel channel) {
        return assertThrows(StatusRuntimeException.class, () -> range(channel)).getStatus();
    }

    private static void range(Channel channel) {
        KVGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .range(RangeRequest.getDefaultInstance());
    }

    private static Iterator<HealthCheckResponse> watch(Channel channel) {
        return HealthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .watch(HealthCheckRequest.getDefaultInstance());
    }

    /// Calls that demand a leader are refused while there is none, others are not.
    @Test
    void gen14() throws Exception {
        try (ServedPort served = new ServedPort(Map.of())) {
            ManagedChannel channel = served.channel();
            Channel demanding = with(channel, metadata -> metadata.put(HAS_LEADER, "true"));
            range(demanding);
            served.member.leader = false;
            Status status = refusal(demanding);
            assertEquals(Status.Code.UNAVAILABLE, status.getCode());
            assertEquals("etcdserver: no leader", status.getDescription());
            assertEquals(
                    status.getDescription(),
                    assertThrows(
                                    StatusRuntimeException.class,
                                    () -> watch(demanding).next())
                            .getStatus()
                            .getDescription());
            range(channel);
            range(with(channel, metadata -> metadata.put(HAS_LEADER, "false")));
            channel.shutdownNow();
        }
    }

    /// An open stream is cut after three election timeouts in a row without a leader, one that demands none
    /// stays.
    @Test
    void gen15() throws Exception {
        try (ServedPort served = new ServedPort(Map.of())) {
            ManagedChannel channel = served.channel();
            Iterator<HealthCheckResponse> demanding =
                    watch(with(channel, metadata -> metadata.put(HAS_LEADER, "true")));
            Iterator<HealthCheckResponse> patient = watch(channel);
            demanding.next();
            patient.next();
            assertEquals(1, served.rules.leaderBoundStreams());
            served.member.leader = false;
            served.rules.tick();
            served.rules.tick();
            served.member.leader = true;
            served.rules.tick();
            served.member.leader = false;
            served.rules.tick();
            served.rules.tick();
            assertEquals(1, served.rules.leaderBoundStreams());
            served.rules.tick();
            Status status = assertThrows(StatusRuntimeException.class, demanding::hasNext)
                    .getStatus();
            assertEquals("etcdserver: no leader", status.getDescription());
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (served.rules.leaderBoundStreams() > 0) {
                assertTrue(System.nanoTime() < deadline);
                Thread.onSpinWait();
            }
            range(channel);
            channel.shutdownNow();
        }
    }

    /// Calls are counted by version; one that is no UTF-8 is refused.
    @Test
    void gen16() throws Exception {
        try (ServedPort served = new ServedPort(Map.of())) {
            ManagedChannel channel = served.channel();
            range(channel);
            Channel versioned =
                    with(channel, metadata -> metadata.put(VERSION, "3.7".getBytes(StandardCharsets.US_ASCII)));
            range(versioned);
            range(versioned);
            watch(versioned).next();
            Metadata broken = new Metadata();
            broken.put(VERSION, new byte[] {(byte) 0xc3, (byte) 0x28});
            ClosedCall call = new ClosedCall();
            // grpc-java's client does not send such a value, so the call is made up here.
            served.rules.interceptCall(call, broken, (_, _) -> {
                throw new AssertionError("the call must not start");
            });
            assertEquals(Status.Code.INVALID_ARGUMENT, call.status.getCode());
            assertEquals("etcdserver: invalid client api version", call.status.getDescription());
            assertEquals(
                    Map.of(
                            new CallRules.Requests("unary", "unknown"), 1L,
                            new CallRules.Requests("unary", "3.7"), 2L,
                            new CallRules.Requests("stream", "3.7"), 1L),
                    served.rules.requests());
            channel.shutdownNow();
        }
    }

    private static final class ClosedCall extends ServerCall<RangeRequest, RangeResponse> {
        private Status status;

        @Override
        public void close(Status end, Metadata trailers) {
            status = end;
        }

        @Override
        public MethodDescriptor<RangeRequest, RangeResponse> getMethodDescriptor() {
            return KVGrpc.getRangeMethod();
        }

        @Override
        public void request(int messages) {}

        @Override
        public void sendHeaders(Metadata headers) {}

        @Override
        public void sendMessage(RangeResponse message) {}

        @Override
        public boolean isCancelled() {
            return false;
        }
    }
}
