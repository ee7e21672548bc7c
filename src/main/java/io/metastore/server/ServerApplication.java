package io.metastore.server;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.metastore.cli.Versions;
import io.metastore.api.ClusterEndpoint;
import io.metastore.api.KvEndpoint;
import io.metastore.api.LeaseEndpoint;
import io.metastore.api.MaintenanceEndpoint;
import io.metastore.api.MemberHeaders;
import io.metastore.api.RangeStreams;
import io.metastore.api.WatchEndpoint;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/// The server once its configuration is known to be good: runs until the process is asked to stop.
@ApplicationScoped
public class ServerApplication implements QuarkusApplication {
    private static final Logger LOG = Logger.getLogger(ServerApplication.class);

    private final ServerConfig config;
    private final MeterRegistry registry;

    public ServerApplication(ServerConfig config, MeterRegistry registry) {
        this.config = config;
        this.registry = registry;
    }

    @Override
    public int run(String... arguments) throws InterruptedException, IOException {
        try (Member member = new Member(config, registry, new HaltOnFault())) {
            member.start();
            EffectiveConfig effective = member.config();
            MemberHeaders headers = new MemberHeaders(
                    member.identity().clusterId(), member.identity().memberId(), member.consensus());
            long maxRequestBytes = config.limits().maxRequestBytes();
            URI url = config.listen().listenClientUrls().getFirst();
            Server server = NettyServerBuilder.forAddress(new InetSocketAddress(url.getHost(), url.getPort()))
                    .directExecutor()
                    .maxInboundMessageSize(effective.maxMessageBytes())
                    .addService(new KvEndpoint(
                            member.kv(),
                            headers,
                            new RangeStreams(member.kv(), headers, maxRequestBytes),
                            maxRequestBytes,
                            config.limits().maxTxnOps()))
                    .addService(new WatchEndpoint(member.watchHub(), headers, effective.maxMessageBytes()))
                    .addService(new LeaseEndpoint(member.leases(), member.kv(), member.store(), headers))
                    .addService(new ClusterEndpoint(member.machine().members(), member.reading(), headers))
                    .addService(new MaintenanceEndpoint(
                            member.status(), member.alarms(), member.reading(), headers, Versions.ETCD))
                    .build()
                    .start();
            LOG.infof("ready to serve client requests on %s", url);
            Quarkus.waitForExit();
            server.shutdown().awaitTermination(2, TimeUnit.SECONDS);
            server.shutdownNow();
        }
        return 0;
    }
}
