package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.range;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.LeaseLeasesRequest;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.PutResponse;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.StatusRequest;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// gRPC itself: services, sizes, metadata, pings, deadlines.
@BlackBox
class TransportIT {

    private static final int DEFAULT_REQUEST = 1_572_864;
    private static final int ENVELOPE = 512 << 10;
    private static final int MAX_CONCURRENT_STREAMS = 3;
    private static final int REFUSED_STREAM = 7;
    private static final int ENHANCE_YOUR_CALM = 11;

    @Test
    @Statement("GEN-01")
    void servesEtcdsServicesAndNoReflection(Client client, Keys keys) {
        assertTrue(client.put(keys.key("a"), "1").hasHeader());
        assertTrue(client.lease()
                .leaseLeases(LeaseLeasesRequest.getDefaultInstance())
                .hasHeader());
        assertTrue(
                client.maintenance().status(StatusRequest.getDefaultInstance()).hasHeader());
        for (String method : new String[] {
            "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            "etcdserverpb.KV/Nothing"
        }) {
            StatusRuntimeException refusal =
                    assertThrows(StatusRuntimeException.class, () -> call(client, method, new byte[0]));
            assertEquals(Code.UNIMPLEMENTED, refusal.getStatus().getCode());
        }
    }

    @Test
    @Statement("GEN-02")
    void isHealthyUnderTheEmptyNameOnly(Client client) {
        byte[] serving = {8, 1};
        byte[] named = {10, 2, 'K', 'V'};

        assertEquals(
                ByteString.copyFrom(serving),
                ByteString.copyFrom(call(client, "grpc.health.v1.Health/Check", new byte[0])));
        Refusal.refused(Code.NOT_FOUND, "unknown service", () -> call(client, "grpc.health.v1.Health/Check", named));
    }

    /// Calls a method by its name with the bytes of a message.
    private static byte[] call(Client client, String method, byte[] request) {
        MethodDescriptor.Marshaller<byte[]> plain = new MethodDescriptor.Marshaller<>() {
            @Override
            public InputStream stream(byte[] value) {
                return new ByteArrayInputStream(value);
            }

            @Override
            public byte[] parse(InputStream stream) {
                try {
                    return stream.readAllBytes();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
        return ClientCalls.blockingUnaryCall(
                client.channel(),
                MethodDescriptor.newBuilder(plain, plain)
                        .setType(MethodDescriptor.MethodType.UNARY)
                        .setFullMethodName(method)
                        .build(),
                CallOptions.DEFAULT.withDeadlineAfter(Client.PATIENCE.toMillis(), TimeUnit.MILLISECONDS),
                request);
    }

    @Test
    @Statement({"GEN-04", "GEN-05", "LIM-04"})
    void limitsMessagesAndRequests(Client client, Keys keys) {
        ByteString key = keys.key("a");

        Refusal.REQUEST_TOO_LARGE.of(() -> put(client, sized(key, DEFAULT_REQUEST + 1)));
        Refusal.REQUEST_TOO_LARGE.of(() -> put(client, sized(key, DEFAULT_REQUEST + ENVELOPE)));
        StatusRuntimeException refusal = assertThrows(
                StatusRuntimeException.class, () -> put(client, sized(key, DEFAULT_REQUEST + ENVELOPE + 1)));
        assertEquals(Code.RESOURCE_EXHAUSTED, refusal.getStatus().getCode());
        assertTrue(client.get(key).isEmpty());
        put(client, sized(key, DEFAULT_REQUEST - 256));
        assertEquals(1, client.get(key).orElseThrow().getVersion());
        client.delete(key);
    }

    @Test
    @OwnMember("--max-request-bytes=10000")
    @Statement({"GEN-04", "GEN-05", "LIM-04"})
    void takesTheLimitFromTheFlag(Client client, Keys keys) {
        ByteString key = keys.key("a");

        Refusal.REQUEST_TOO_LARGE.of(() -> put(client, sized(key, 10_000 + 1)));
        Refusal.REQUEST_TOO_LARGE.of(() -> put(client, sized(key, 10_000 + ENVELOPE)));
        StatusRuntimeException refusal =
                assertThrows(StatusRuntimeException.class, () -> put(client, sized(key, 10_000 + ENVELOPE + 1)));
        assertEquals(Code.RESOURCE_EXHAUSTED, refusal.getStatus().getCode());
        put(client, sized(key, 10_000 - 256));
        assertEquals(1, client.get(key).orElseThrow().getVersion());
    }

    private static void put(Client client, PutRequest request) {
        assertTrue(client.kv().put(request).hasHeader());
    }

    /// A Put whose message has exactly this many bytes.
    private static PutRequest sized(ByteString key, int size) {
        PutRequest.Builder request = PutRequest.newBuilder().setKey(key);
        int length = size - 32 - key.size();
        while (true) {
            request.setValue(ByteString.copyFrom(new byte[length]));
            int missing = size - request.build().getSerializedSize();
            if (missing == 0) {
                return request.build();
            }
            length += missing;
        }
    }

    @Test
    @Statement("GEN-06")
    void allowsStreamsWithoutNumber(Member member) throws IOException {
        OptionalLong limit = announcedStreams(member);

        // Not announced means without a limit.
        assertTrue(limit.isEmpty() || limit.getAsLong() >= Integer.MAX_VALUE, limit::toString);
    }

    @Test
    @OwnMember("--max-concurrent-streams=7")
    @Statement("GEN-06")
    void takesTheNumberOfStreamsFromTheFlag(Member member) throws IOException {
        assertEquals(OptionalLong.of(7), announcedStreams(member));
    }

    /// A client that never acknowledges the server's settings is held to their limit all the same.
    @Test
    @OwnMember("--max-concurrent-streams=7")
    @Statement("GEN-06")
    void refusesStreamsBeyondTheLimitBeforeSettingsAreAcknowledged(Member member) throws IOException {
        try (RawHttp2 http = new RawHttp2(member.endpoint())) {
            for (int call = 0; call < 8; call++) {
                http.open(2 * call + 1, "/etcdserverpb.Watch/Watch");
            }
            RawHttp2.Frame reset = http.next(RawHttp2.RST_STREAM);

            assertEquals(15, reset.stream());
            assertEquals(REFUSED_STREAM, ByteBuffer.wrap(reset.payload()).getInt());
        }
    }

    private static OptionalLong announcedStreams(Member member) throws IOException {
        try (RawHttp2 http = new RawHttp2(member.endpoint())) {
            ByteBuffer settings = ByteBuffer.wrap(http.next(RawHttp2.SETTINGS).payload());
            while (settings.hasRemaining()) {
                int name = settings.getShort();
                long value = Integer.toUnsignedLong(settings.getInt());
                if (name == MAX_CONCURRENT_STREAMS) {
                    return OptionalLong.of(value);
                }
            }
            return OptionalLong.empty();
        }
    }

    @Test
    @Statement("GEN-07")
    void punishesHastyPings(Member member) throws IOException {
        try (RawHttp2 http = new RawHttp2(member.endpoint())) {
            http.next(RawHttp2.SETTINGS);
            for (int i = 0; i < 5; i++) {
                http.ping();
            }
            ByteBuffer goAway = ByteBuffer.wrap(http.next(RawHttp2.GOAWAY).payload());

            goAway.getInt();
            assertEquals(ENHANCE_YOUR_CALM, goAway.getInt());
            assertEquals(
                    "too_many_pings", StandardCharsets.US_ASCII.decode(goAway).toString());
        }
    }

    @Test
    @Statement("GEN-16")
    void countsRequestsByTheClientsVersion(Member member, Keys keys) {
        String series = "etcd_server_client_requests_total{client_api_version=\"%s\",type=\"unary\"}";
        String version = "9." + System.nanoTime();
        KVGrpc.KVBlockingStub versioned = withVersion(member.client(), version);
        RangeRequest request = range(keys).build();

        assertTrue(versioned.range(request).hasHeader());
        assertTrue(versioned.range(request).hasHeader());
        double unknown = sample(member, String.format(series, "unknown"));
        assertTrue(member.client().kv().range(request).hasHeader());

        assertEquals(2, sample(member, String.format(series, version)));
        assertEquals(unknown + 1, sample(member, String.format(series, "unknown")));
    }

    @ParameterizedTest
    @ValueSource(bytes = {(byte) 0xff, (byte) 0x80, (byte) 0xc3})
    @Statement("GEN-16")
    void refusesAVersionThatIsNoText(byte wrong, Member member, Keys keys) throws Exception {
        try (RawHttp2 http = new RawHttp2(member.endpoint())) {
            Http2Headers end = http.call(
                    "/etcdserverpb.KV/Range",
                    "client-api-version",
                    new byte[] {'3', wrong},
                    range(keys).build().toByteArray());

            assertEquals(
                    Integer.toString(Code.INVALID_ARGUMENT.value()),
                    end.get("grpc-status").toString());
            assertEquals(
                    Refusal.INVALID_CLIENT_API_VERSION.text(),
                    end.get("grpc-message").toString());
        }
    }

    private static KVGrpc.KVBlockingStub withVersion(Client client, String version) {
        Metadata metadata = new Metadata();
        metadata.put(Metadata.Key.of("client-api-version", Metadata.ASCII_STRING_MARSHALLER), version);
        return client.kv().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));
    }

    private static double sample(Member member, String series) {
        return member.metrics()
                .lines()
                .filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1)))
                .findFirst()
                .orElse(0);
    }

    /// What a server answers to a cancelled proposal never reaches the client that cancelled it; the end at the
    /// deadline that a call carries is seen here with a client that has no clock of its own.
    @Test
    @Statement("GEN-20")
    void endsCallsAtTheDeadlineThatTheyCarry(Member member, Keys keys) throws Exception {
        String expired = Integer.toString(Code.DEADLINE_EXCEEDED.value());
        byte[] read = range(keys).build().toByteArray();
        try (RawHttp2 http = new RawHttp2(member.endpoint())) {
            Http2Headers end =
                    http.call("/etcdserverpb.KV/Range", "grpc-timeout", "1n".getBytes(StandardCharsets.US_ASCII), read);

            // A server may also just reset the stream, since the client knows its deadline as well.
            assertTrue(end.isEmpty() && !MemberTarget.isEtcd() || expired.contentEquals(end.get("grpc-status")));
        }
        StatusRuntimeException late = assertThrows(
                StatusRuntimeException.class,
                () -> member.client().kv(Duration.ofNanos(1)).range(range(keys).build()));
        assertEquals(Code.DEADLINE_EXCEEDED, late.getStatus().getCode());
    }

    @Test
    @Statement("GEN-20")
    void survivesCancelledCalls(Client client, Keys keys) {
        for (int i = 0; i < 50; i++) {
            Duplex<PutRequest, PutResponse> call = Duplex.server(answers ->
                    client.kvAsync().put(Requests.put(keys.key("a"), "1").build(), answers));
            call.close();
            Status end = call.awaitEnd();
            assertTrue(end.isOk() || end.getCode() == Code.CANCELLED, end::toString);
        }

        long revision = client.putRevision(keys.key("b"), "1");
        assertEquals(revision, client.revision());
    }
}
