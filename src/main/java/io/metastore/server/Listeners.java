package io.metastore.server;

import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import io.metastore.api.HealthEndpoint;
import io.metastore.api.http.HttpLimits;
import io.metastore.api.http.HttpRoutes;
import io.metastore.api.http.HttpServing;
import io.metastore.server.tls.TlsOffer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// All addresses that this member listens at for clients: each of `listen-client-urls` speaks gRPC and
/// HTTP/1.1 on one port, with and without TLS when it is named with both schemes, each of `listen-metrics-urls`
/// HTTP/1.1 only. Threads, limits and counts are shared
/// between them.
///
/// The metrics addresses may open before the member can serve (HTH-09), the client addresses only then
/// (GEN-03).
public final class Listeners {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int UNDECIDED_MAX = 16_384;

    private final EffectiveConfig config;
    private final Calls calls;
    private final HttpServing clientHttp;
    private final HttpServing metricsHttp;
    private final Optional<TlsOffer> tls;
    private final HealthEndpoint health = new HealthEndpoint();
    private final Undecided undecided;
    private final ConnectionLimit connections = ConnectionLimit.ofProcess();
    private final EventLoops loops;
    private final List<ClientListener> clients = new ArrayList<>();
    private final List<HttpListener> metrics = new ArrayList<>();
    private final List<HttpListener> http = new ArrayList<>();

    /// What is served, the same at every client address. gRPC's health service comes on top.
    ///
    /// @param interceptors the first one sees a call first
    /// @param clientRoutes what HTTP/1.1 answers at client addresses
    /// @param metricsRoutes what it answers at metrics addresses
    public record Calls(
            List<ServerServiceDefinition> services,
            List<? extends ServerInterceptor> interceptors,
            List<? extends ServerStreamTracer.Factory> tracers,
            HttpRoutes clientRoutes,
            HttpRoutes metricsRoutes) {}

    public Listeners(EffectiveConfig config, Calls calls, Optional<TlsOffer> tls) {
        this(config, calls, tls, PATIENCE);
    }

    /// @param patience how long a new connection may say nothing
    Listeners(EffectiveConfig config, Calls calls, Optional<TlsOffer> tls, Duration patience) {
        this.config = config;
        this.calls = calls;
        this.tls = tls;
        // JSON writes bytes in base64, a third longer.
        HttpLimits limits = HttpLimits.standard(HttpLimits.jsonBytes(config.maxMessageBytes()));
        this.clientHttp = new HttpServing(calls.clientRoutes(), limits);
        this.metricsHttp = new HttpServing(calls.metricsRoutes(), HttpLimits.standard(0));
        this.undecided = new Undecided(UNDECIDED_MAX, patience);
        this.loops = new EventLoops(Math.max(2, Runtime.getRuntime().availableProcessors()));
    }

    /// Opens everything.
    public void start() throws ListenFailure {
        openMetrics();
        openClients();
    }

    public void openMetrics() throws ListenFailure {
        openHttp(HttpListener.METRICS, config.keys().listen().listenMetricsUrls(), metricsHttp, metrics);
    }

    private void openHttp(String key, Optional<List<URI>> urls, HttpServing served, List<HttpListener> opened)
            throws ListenFailure {
        for (URI url : urls.orElse(List.of())) {
            try {
                opened.add(HttpListener.open(key, url, served, tlsFor(url), new Complaints(url), loops));
            } catch (ListenFailure failure) {
                throw failure.withHolder(holder(url));
            }
        }
    }

    public void openClients() throws ListenFailure {
        List<ServerServiceDefinition> services = new ArrayList<>(calls.services());
        services.add(health.bindService());
        health.serving(true);
        Calls all =
                new Calls(services, calls.interceptors(), calls.tracers(), calls.clientRoutes(), calls.metricsRoutes());
        ClientListener.Limits limits = new ClientListener.Limits(
                config.maxMessageBytes(),
                config.maxConcurrentStreams(),
                config.grpcKeepaliveMinTime(),
                config.grpcKeepaliveInterval(),
                config.grpcKeepaliveTimeout());
        Optional<List<URI>> apart = config.keys().listen().listenClientHttpUrls();
        Optional<HttpServing> beside =
                apart.filter(urls -> !urls.isEmpty()).isPresent() ? Optional.empty() : Optional.of(clientHttp);
        for (List<URI> urls : byPort(config.keys().listen().listenClientUrls())) {
            PortSharing sharing = new PortSharing(
                    beside,
                    urls.stream().filter(Urls::isHttps).findFirst().flatMap(this::tlsFor),
                    !urls.stream().allMatch(Urls::isHttps),
                    undecided,
                    connections,
                    new Complaints(urls.getFirst()));
            try {
                clients.add(ClientListener.open(urls, all, limits, sharing, loops));
            } catch (ListenFailure failure) {
                throw failure.withHolder(holder(urls.getFirst()));
            }
        }
        openHttp(HttpListener.CLIENTS, apart, clientHttp, http);
    }

    /// Puts together what differs in its scheme only, which is then spoken on one port, as in etcd. Port 0 is a new
    /// one each time.
    private static List<List<URI>> byPort(List<URI> urls) {
        Map<String, List<URI>> ports = new LinkedHashMap<>();
        for (URI url : urls) {
            String place = url.getAuthority().toLowerCase(Locale.ROOT);
            ports.computeIfAbsent(url.getPort() == 0 ? url.toString() : place, _ -> new ArrayList<>())
                    .add(url);
        }
        return List.copyOf(ports.values());
    }

    /// The setting and address by which this member itself holds the port of `url`, when it does.
    private Optional<String> holder(URI url) {
        Stream<Map.Entry<URI, Integer>> ours = clientPorts().entrySet().stream();
        return ours.filter(held -> overlaps(url, held.getKey(), held.getValue()))
                .map(held -> ClientListener.KEY + " " + held.getKey())
                .findFirst()
                .or(() -> held(HttpListener.METRICS, metrics, url))
                .or(() -> held(HttpListener.CLIENTS, http, url));
    }

    private static Optional<String> held(String key, List<HttpListener> listeners, URI url) {
        return listeners.stream()
                .filter(listener -> overlaps(url, listener.url(), listener.port()))
                .map(listener -> key + " " + listener.url())
                .findFirst();
    }

    private static boolean overlaps(URI wanted, URI held, int heldPort) {
        try {
            InetAddress one = ClientListener.address(wanted).getAddress();
            InetAddress other = ClientListener.address(held).getAddress();
            return wanted.getPort() == heldPort
                    && (one.equals(other) || one.isAnyLocalAddress() || other.isAnyLocalAddress());
        } catch (IOException _) {
            return false; // a host that means nothing holds nothing
        }
    }

    private Optional<TlsOffer> tlsFor(URI url) {
        if (!Urls.isHttps(url)) {
            return Optional.empty();
        }
        return Optional.of(tls.orElseThrow(() -> new IllegalStateException(url + " needs a certificate")));
    }

    /// The ports of the client addresses, by the address of the configuration; of use where that has port 0.
    public Map<URI, Integer> clientPorts() {
        Map<URI, Integer> ports = new LinkedHashMap<>();
        clients.forEach(listener -> listener.urls().forEach(url -> ports.put(url, listener.port())));
        return ports;
    }

    /// The ports of the metrics addresses.
    public Map<URI, Integer> metricsPorts() {
        Map<URI, Integer> ports = new LinkedHashMap<>();
        metrics.forEach(listener -> ports.put(listener.url(), listener.port()));
        return ports;
    }

    /// gRPC's health service: serves from the moment the client addresses open (GEN-02).
    public HealthEndpoint health() {
        return health;
    }

    /// Connections that have not said yet what they speak.
    public int undecidedConnections() {
        return undecided.count();
    }

    /// Connections that speak HTTP/1.1.
    public int httpConnections() {
        return clientHttp.connections() + metricsHttp.connections();
    }

    /// Stops in order: no new connections, calls under way may end within `grace`, then everything is cut.
    /// Also closes what was opened when opening failed half-way.
    public void stop(Duration grace) throws InterruptedException {
        health.close();
        clients.forEach(ClientListener::shutdown);
        long deadline = System.nanoTime() + grace.toNanos();
        try {
            for (ClientListener listener : clients) {
                listener.awaitOrCut(deadline);
            }
        } finally {
            clientHttp.close();
            http.forEach(HttpListener::close);
            metrics.forEach(HttpListener::close);
            metricsHttp.close();
            loops.close();
        }
    }
}
