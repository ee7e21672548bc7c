package io.metastore.server;

import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.metastore.api.CallRules;
import io.metastore.api.CallShares;
import io.metastore.api.Callers;
import io.metastore.api.LearnerRules;
import io.metastore.api.audit.AuditedCalls;
import io.metastore.api.audit.UserCounts;
import io.metastore.api.gateway.Gateway;
import io.metastore.api.grpc.health.HealthGrpc;
import io.metastore.api.http.AccessRules;
import io.metastore.api.http.HealthCounts;
import io.metastore.api.http.HealthRoutes;
import io.metastore.api.http.HttpLimits;
import io.metastore.api.http.HttpRoutes;
import io.metastore.api.http.VersionRoute;
import io.metastore.cli.Versions;
import io.metastore.server.tls.ReloadedTls;
import io.metastore.server.tls.TlsFailure;
import io.metastore.server.tls.TlsOffer;
import io.metastore.service.AccessControl;
import io.metastore.thread.Threads;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// Everything by which a member can be reached from outside: its services over gRPC, health, version and
/// metrics over HTTP/1.1, and what counts the calls.
public final class MemberPorts {
    /// What the cluster has agreed on, and the format of the data, in etcd's versions (HTH-07).
    private static final String CLUSTER_VERSION = "3.7.0";

    /// As long as a route may take to answer.
    private static final Duration GATEWAY_MAX = Duration.ofSeconds(60);

    private static final int SCRAPES_WAITING_MAX = 64;
    /// Longest time that a scrape may take while the member stops.
    private static final Duration SCRAPE_MAX = Duration.ofSeconds(10);

    private final Optional<ReloadedTls> tls;
    private final Listeners listeners;
    private final CallRules rules;
    private final Optional<Gateway> gateway;
    private final Optional<AuditFile> audit;
    private final EtcdMetrics metrics;
    private final ThreadPoolExecutor scrapes =
            Threads.pool("metrics", 1, new ArrayBlockingQueue<>(SCRAPES_WAITING_MAX), Threads.UNCAUGHT);
    private final ScheduledExecutorService clock = Threads.clock("call-rules", Threads.UNCAUGHT);
    private final Duration electionTimeout;

    /// Whether the client addresses are open, and are meant to stay so.
    private volatile boolean reachable;

    /// @param services what clients may call beside gRPC's health service
    /// @param scrape   the text of what `registry` has collected
    /// @throws TlsFailure   naming the file or setting that cannot be used, when an address is https
    /// @throws StartFailure when the audit log cannot be written
    public MemberPorts(
            Member member, List<ServerServiceDefinition> offered, MeterRegistry registry, Supplier<String> scrape)
            throws TlsFailure {
        EffectiveConfig config = member.config();
        ServerConfig keys = config.keys();
        tls = ClientTls.from(config);
        electionTimeout = keys.member().electionTimeout();
        rules = new CallRules(() -> member.consensus().leadership().leader() != 0);
        TextFamilies families = new TextFamilies();
        AccessControl access = member.auth().access();
        audit = AuditFile.from(keys.audit());
        UserCounts users = new UserCounts(access);
        List<ServerServiceDefinition> services =
                offered.stream().map(service -> watched(service, users, access)).toList();
        GrpcMetrics calls = new GrpcMetrics(keys.logging().metrics().equalsIgnoreCase("extensive"));
        services.forEach(service -> calls.expect(service.getServiceDescriptor()));
        calls.expect(HealthGrpc.getServiceDescriptor());
        calls.bind(families);
        CallShares shares = new CallShares(member.responses());
        HealthCounts healthCounts = new HealthCounts();
        metrics = new EtcdMetrics(families);
        metrics.bind(member, member.applied(), calls, healthCounts, registry);
        bindRules(families);
        bindUsers(families, users);
        MetricsPage page = new MetricsPage(scrape, families);

        HealthRoutes checks =
                new HealthRoutes(new MemberHealth(member, () -> reachable, config.requestLimit()), healthCounts);
        HttpRoutes metricsRoutes = new HttpRoutes().metrics(page, scrapes);
        checks.addTo(metricsRoutes);
        HttpRoutes clientRoutes = new HttpRoutes()
                .behind(rules(keys, access))
                .metrics(page, scrapes)
                .get("/debug/vars", new DebugVars(member))
                .get("/version", new VersionRoute(Versions.ETCD, () -> CLUSTER_VERSION, () -> CLUSTER_VERSION));
        checks.addTo(clientRoutes);
        List<ServerInterceptor> interceptors = List.of(
                calls,
                rules,
                new LearnerRules(member::isLearner),
                new Callers(keys.tls().clientCertAuth()));
        gateway = keys.listen().enableGrpcGateway()
                ? Optional.of(new Gateway(
                        services,
                        interceptors,
                        List.of(calls, shares),
                        GATEWAY_MAX,
                        HttpLimits.jsonBytes(config.maxMessageBytes()),
                        member.responses()))
                : Optional.empty();
        gateway.ifPresent(open -> open.addTo(clientRoutes));
        listeners = new Listeners(
                config,
                new Listeners.Calls(services, interceptors, List.of(calls, shares), clientRoutes, metricsRoutes),
                tls.map(TlsOffer.class::cast));
        bindConnections(families);
    }

    private void bindConnections(TextFamilies families) {
        families.gauge("metastore_http_connections", "Connections that speak HTTP/1.1.", listeners::httpConnections);
        families.gauge(
                "metastore_undecided_connections",
                "Connections that have not said yet what they speak.",
                listeners::undecidedConnections);
    }

    /// A service whose calls are counted by users and told to the audit log, with their requests as they were read.
    private ServerServiceDefinition watched(ServerServiceDefinition service, UserCounts users, AccessControl access) {
        ServerServiceDefinition counted = ServerInterceptors.intercept(service, users);
        return audit.map(file -> ServerInterceptors.intercept(
                        counted, new AuditedCalls(access, file.reads(), file, InstantSource.system())))
                .orElse(counted);
    }

    private static AccessRules rules(ServerConfig keys, AccessControl access) {
        boolean certificates = keys.tls().clientCertAuth() && keys.listen().enableGrpcGateway();
        return new AccessRules(
                Set.copyOf(keys.listen().hostWhitelist()),
                Set.copyOf(keys.listen().cors()),
                request -> certificates
                        && access.state().enabled()
                        && (request.path().startsWith("/v3/") || request.path().startsWith("/v3beta/"))
                        && Callers.commonName(request.sender().tls())
                                .filter(name -> !name.isEmpty())
                                .isPresent());
    }

    private void bindUsers(TextFamilies families, UserCounts users) {
        families.family(
                "metastore_user_requests_total",
                "counter",
                "Calls by user while permissions are checked; refused are those turned away for who called.",
                lines -> users.all()
                        .forEach(calls -> lines.sample(
                                TextFamilies.labels("user", calls.user(), "refused", Boolean.toString(calls.refused())),
                                calls.count())));
        audit.ifPresent(file -> {
            families.counter("metastore_audit_lines_total", "Calls that are in the audit log.", file::written);
            families.counter(
                    "metastore_audit_lines_lost_total",
                    "Calls that are missing in the audit log: there were too many, or its disk did not take them.",
                    file::lost);
        });
    }

    private void bindRules(TextFamilies families) {
        families.family(
                "etcd_server_client_requests_total",
                "counter",
                "Calls by the version of the API that the client says it speaks.",
                lines -> rules.requests()
                        .forEach((key, count) -> lines.sample(
                                TextFamilies.labels("client_api_version", key.version(), "type", key.type()), count)));
    }

    /// Opens the metrics addresses: may be called before the member can serve (HTH-09).
    public void openMetrics() throws ListenFailure {
        listeners.openMetrics();
    }

    /// Opens the client addresses: called once the member can serve (GEN-03).
    public void openClients() throws ListenFailure {
        listeners.openClients();
        reachable = true;
        long period = electionTimeout.toMillis();
        clock.scheduleAtFixedRate(rules::tick, period, period, TimeUnit.MILLISECONDS);
    }

    /// The ports of the client addresses, by the address of the configuration.
    public Map<URI, Integer> clientPorts() {
        return listeners.clientPorts();
    }

    /// Stops taking calls, lets those under way end within `grace`, and cuts the rest. When it returns nothing
    /// asks the member any more, so it may be closed. Must be called when opening failed, too.
    public void stop(Duration grace) throws InterruptedException {
        reachable = false;
        clock.shutdownNow();
        listeners.stop(grace);
        gateway.ifPresent(Gateway::close);
        if (audit.isPresent()) {
            audit.get().close();
        }
        scrapes.shutdownNow();
        // A scrape reads from the engine, which must not be closed under it.
        if (!scrapes.awaitTermination(SCRAPE_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("a scrape of the metrics did not end");
        }
        metrics.close();
        tls.ifPresent(ReloadedTls::close);
    }
}
