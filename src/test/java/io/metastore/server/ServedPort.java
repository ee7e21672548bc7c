package io.metastore.server;

import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.metastore.api.CallRules;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.http.HealthCounts;
import io.metastore.api.http.HealthRoutes;
import io.metastore.api.http.HttpRoutes;
import io.metastore.api.http.VersionRoute;
import io.metastore.server.tls.TlsOffer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// Listeners with stub services behind them, on ports of their own.
final class ServedPort implements AutoCloseable {
    /// Answers a Range with as many keys as the request's key has bytes.
    static final class StubKv extends KVGrpc.KVImplBase {
        @Override
        public void range(RangeRequest request, StreamObserver<RangeResponse> responses) {
            responses.onNext(RangeResponse.newBuilder()
                    .setCount(request.getKey().size())
                    .build());
            responses.onCompleted();
        }
    }

    final Listeners listeners;
    final StubHealth member = new StubHealth();
    final CallRules rules = new CallRules(() -> member.leader);
    final HealthCounts counts = new HealthCounts();
    private final ExecutorService scrapes = Executors.newSingleThreadExecutor();

    ServedPort(Map<String, String> keys) throws IOException {
        this(keys, Optional.empty(), Duration.ofSeconds(10));
    }

    ServedPort(Map<String, String> keys, Optional<TlsOffer> tls, Duration patience) throws IOException {
        Map<String, String> all = new HashMap<>(keys);
        all.putIfAbsent("listen-client-urls", "http://127.0.0.1:0");
        HttpRoutes client = routes();
        client.get("/version", new VersionRoute("3.7.3", () -> "3.7.0", () -> "3.7.0"));
        Listeners.Calls calls =
                new Listeners.Calls(List.of(service(new StubKv())), List.of(rules), List.of(), client, routes());
        listeners = new Listeners(TestConfig.with(all), calls, tls, patience);
        listeners.start();
    }

    private HttpRoutes routes() {
        HttpRoutes routes = new HttpRoutes();
        new HealthRoutes(member, counts).addTo(routes);
        return routes.metrics(() -> "some_metric 1\n".getBytes(StandardCharsets.UTF_8), scrapes);
    }

    private static io.grpc.ServerServiceDefinition service(BindableService service) {
        return service.bindService();
    }

    int port() {
        return listeners.clientPorts().values().iterator().next();
    }

    NettyChannelBuilder channelBuilder() {
        return NettyChannelBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()));
    }

    ManagedChannel channel() {
        return channelBuilder().usePlaintext().build();
    }

    @Override
    public void close() {
        try {
            listeners.stop(Duration.ofSeconds(2));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } finally {
            scrapes.shutdownNow();
        }
    }
}
