package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.LeaseGrpc;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveResponse;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.etcdserverpb.WatchGrpc;
import io.metastore.api.etcd.etcdserverpb.WatchRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.mvccpb.KeyValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// With which code a call counts that ends in one way or another. What the tests expect was seen on etcd 3.7.3, on a
/// member that had lost its quorum, so that calls had to wait.
class GrpcMetricsTest {
    private final GrpcMetrics metrics = new GrpcMetrics(false);
    private final TextFamilies families = new TextFamilies();
    private Server server;
    private Wire wire;
    private ManagedChannel channel;

    /// Answers what a key asks for; "wait" never.
    private static final class Kv extends KVGrpc.KVImplBase {
        @Override
        public void range(RangeRequest request, StreamObserver<RangeResponse> responses) {
            switch (request.getKey().toStringUtf8()) {
                case "wait" -> {}
                case "unavailable" ->
                    responses.onError(Status.UNAVAILABLE
                            .withDescription("etcdserver: request timed out")
                            .asException());
                case "fault" -> throw new IllegalStateException("a fault of the service");
                case "large" -> {
                    responses.onNext(RangeResponse.newBuilder()
                            .addKvs(KeyValue.newBuilder().setValue(ByteString.copyFrom(new byte[8 << 20])))
                            .build());
                    responses.onCompleted();
                }
                default -> {
                    responses.onNext(RangeResponse.getDefaultInstance());
                    responses.onCompleted();
                }
            }
        }
    }

    /// Says nothing, and ends when its client does.
    private static <Q, A> StreamObserver<Q> silent(StreamObserver<A> responses) {
        return new StreamObserver<>() {
            @Override
            public void onNext(Q request) {}

            @Override
            public void onError(Throwable cancelled) {}

            @Override
            public void onCompleted() {
                responses.onCompleted();
            }
        };
    }

    private static final class Watches extends WatchGrpc.WatchImplBase {
        @Override
        public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> responses) {
            return silent(responses);
        }
    }

    private static final class Leases extends LeaseGrpc.LeaseImplBase {
        @Override
        public StreamObserver<LeaseKeepAliveRequest> leaseKeepAlive(StreamObserver<LeaseKeepAliveResponse> responses) {
            return silent(responses);
        }
    }

    /// Stands between client and server, and can stop carrying answers and be cut, as when a client is killed.
    private static final class Wire implements AutoCloseable {
        private final ServerSocket listening = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
        private final List<Socket> ends = new CopyOnWriteArrayList<>();
        private volatile boolean mute;

        private Wire(int port) throws IOException {
            Thread.ofVirtual().start(() -> {
                try {
                    Socket client = listening.accept();
                    Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
                    ends.addAll(List.of(client, server));
                    Thread.ofVirtual().start(() -> carry(client, server, false));
                    Thread.ofVirtual().start(() -> carry(server, client, true));
                } catch (IOException closed) {
                    // the test is over
                }
            });
        }

        private void carry(Socket from, Socket to, boolean answers) {
            byte[] bytes = new byte[8192];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
                    out.write(bytes, 0, count);
                    while (answers && mute) {
                        LockSupport.parkNanos(1_000_000);
                    }
                }
            } catch (IOException cut) {
                // what a cut wire does
            }
        }

        void cut() throws IOException {
            for (Socket end : ends) {
                end.close();
            }
            mute = false;
        }

        @Override
        public void close() throws IOException {
            cut();
            listening.close();
        }
    }

    @BeforeEach
    void serve() throws IOException {
        metrics.expect(KVGrpc.getServiceDescriptor());
        metrics.expect(WatchGrpc.getServiceDescriptor());
        metrics.expect(LeaseGrpc.getServiceDescriptor());
        metrics.bind(families);
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new Kv())
                .addService(new Watches())
                .addService(new Leases())
                .intercept(refusing())
                .intercept(metrics) // the last one added sees a call first
                .addStreamTracerFactory(metrics)
                .build()
                .start();
        wire = new Wire(server.getPort());
        channel = NettyChannelBuilder.forAddress("127.0.0.1", wire.listening.getLocalPort())
                .usePlaintext()
                .maxInboundMessageSize(64 << 20)
                .build();
    }

    /// Refuses calls with a certain header before they reach their service.
    private static ServerInterceptor refusing() {
        return new ServerInterceptor() {
            @Override
            public <Q, A> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
                if (headers.containsKey(REFUSE)) {
                    call.close(Status.UNAVAILABLE, new Metadata());
                    return new ServerCall.Listener<>() {};
                }
                return next.startCall(call, headers);
            }
        };
    }

    private static final Metadata.Key<String> REFUSE = Metadata.Key.of("refuse", Metadata.ASCII_STRING_MARSHALLER);

    @AfterEach
    void stop() throws IOException {
        channel.shutdownNow();
        wire.close();
        server.shutdownNow();
    }

    private Map<String, Long> handled(String method) {
        StringBuilder text = new StringBuilder();
        families.appendTo(text);
        Map<String, Long> codes = new TreeMap<>();
        for (ScrapedPage.Sample sample : new ScrapedPage(text.toString()).samples("grpc_server_handled_total")) {
            if (sample.labels().get("grpc_method").equals(method) && sample.value() > 0) {
                codes.put(sample.labels().get("grpc_code"), (long) sample.value());
            }
        }
        return codes;
    }

    private double started(String method) {
        StringBuilder text = new StringBuilder();
        families.appendTo(text);
        return new ScrapedPage(text.toString())
                .samples("grpc_server_started_total").stream()
                        .filter(sample -> sample.labels().get("grpc_method").equals(method))
                        .mapToDouble(ScrapedPage.Sample::value)
                        .sum();
    }

    private void counts(String method, Map<String, Long> codes) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!handled(method).equals(codes) && System.nanoTime() < until) {
            LockSupport.parkNanos(5_000_000);
        }
        assertEquals(codes, handled(method));
    }

    private void begun(String method) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (started(method) < 1 && System.nanoTime() < until) {
            LockSupport.parkNanos(5_000_000);
        }
        assertEquals(1, started(method));
    }

    private static RangeRequest key(String key) {
        return RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build();
    }

    /// A client that keeps its call to cancel it.
    private static final class Caller<Q, A> implements ClientResponseObserver<Q, A> {
        private ClientCallStreamObserver<Q> call;

        @Override
        public void beforeStart(ClientCallStreamObserver<Q> stream) {
            call = stream;
        }

        @Override
        public void onNext(A response) {}

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
    }

    @Test
    void aWatchWhoseConnectionIsCut() throws IOException {
        WatchGrpc.newStub(channel).watch(new Caller<>());
        begun("Watch");
        wire.cut();
        counts("Watch", Map.of("Canceled", 1L));
    }

    @Test
    void aWatchThatItsClientCancels() {
        Caller<WatchRequest, WatchResponse> caller = new Caller<>();
        WatchGrpc.newStub(channel).watch(caller);
        begun("Watch");
        caller.call.cancel("enough", null);
        counts("Watch", Map.of("Canceled", 1L));
    }

    @Test
    void aWatchWhoseClientGoesAway() {
        WatchGrpc.newStub(channel).watch(new Caller<>());
        begun("Watch");
        channel.shutdownNow();
        counts("Watch", Map.of("Canceled", 1L));
    }

    @Test
    void aStreamThatItsClientEndsInOrder() {
        LeaseGrpc.newStub(channel).leaseKeepAlive(new Caller<>()).onCompleted();
        counts("LeaseKeepAlive", Map.of("OK", 1L));
    }

    @Test
    void aKeepAliveWhoseConnectionIsCut() throws IOException {
        LeaseGrpc.newStub(channel).leaseKeepAlive(new Caller<>());
        begun("LeaseKeepAlive");
        wire.cut();
        counts("LeaseKeepAlive", Map.of("Canceled", 1L));
    }

    @Test
    void aCallThatWaitsWhenTheConnectionIsCut() throws IOException {
        KVGrpc.newStub(channel).range(key("wait"), new Caller<>());
        begun("Range");
        wire.cut();
        counts("Range", Map.of("Canceled", 1L));
    }

    @Test
    void aCallThatWaitsWhenItsClientCancels() {
        Caller<RangeRequest, RangeResponse> caller = new Caller<>();
        KVGrpc.newStub(channel).range(key("wait"), caller);
        begun("Range");
        caller.call.cancel("enough", null);
        counts("Range", Map.of("Canceled", 1L));
    }

    /// Whether the client says so first or the server's own clock is a race; a fault of the server it is not.
    @Test
    void aCallWhoseDeadlinePasses() {
        KVGrpc.newStub(channel).withDeadlineAfter(300, TimeUnit.MILLISECONDS).range(key("wait"), new Caller<>());
        begun("Range");
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (handled("Range").isEmpty() && System.nanoTime() < until) {
            LockSupport.parkNanos(5_000_000);
        }
        Map<String, Long> codes = handled("Range");
        assertEquals(
                1, codes.getOrDefault("Canceled", 0L) + codes.getOrDefault("DeadlineExceeded", 0L), () -> "" + codes);
        assertEquals(1, codes.size(), () -> "" + codes);
    }

    /// A fault of the server stays one.
    @Test
    void whatTheServerAnswers() {
        KVGrpc.newStub(channel).range(key("unavailable"), new Caller<>());
        counts("Range", Map.of("Unavailable", 1L));
        KVGrpc.newStub(channel).range(key("a"), new Caller<>());
        counts("Range", Map.of("Unavailable", 1L, "OK", 1L));
        KVGrpc.newStub(channel).range(key("fault"), new Caller<>());
        counts("Range", Map.of("Unavailable", 1L, "OK", 1L, "Unknown", 1L));
        Metadata refuse = new Metadata();
        refuse.put(REFUSE, "please");
        KVGrpc.newStub(channel)
                .withInterceptors(io.grpc.stub.MetadataUtils.newAttachHeadersInterceptor(refuse))
                .range(key("a"), new Caller<>());
        counts("Range", Map.of("Unavailable", 2L, "OK", 1L, "Unknown", 1L));
    }

    /// What counts is what the service answered, not whether the client still took it.
    @Test
    void anAnswerThatNobodyTakes() throws IOException {
        KVGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS).range(key("a"));
        counts("Range", Map.of("OK", 1L));
        wire.mute = true;
        KVGrpc.newStub(channel).range(key("large"), new Caller<>());
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (started("Range") < 2 && System.nanoTime() < until) {
            LockSupport.parkNanos(5_000_000);
        }
        // The service answers on a thread of its own, at once.
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
        assertEquals(Map.of("OK", 1L), handled("Range"), "not sent yet");
        wire.cut();
        counts("Range", Map.of("OK", 2L));
    }
}
