package io.metastore.server;

import io.metastore.server.tls.TlsFailure;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.time.Duration;
import org.jboss.logging.Logger;

/// The server once its configuration is known to be good: runs until the process is asked to stop.
@ApplicationScoped
public class ServerApplication implements QuarkusApplication {
    private static final Logger LOG = Logger.getLogger(ServerApplication.class);
    /// Time that calls under way have to end when the server stops.
    private static final Duration GRACE = Duration.ofSeconds(2);
    private static final int FAILED = 1;

    private final ServerConfig config;
    private final PrometheusMeterRegistry registry;

    public ServerApplication(ServerConfig config, PrometheusMeterRegistry registry) {
        this.config = config;
        this.registry = registry;
    }

    @Override
    public int run(String... arguments) throws InterruptedException, IOException {
        try (Member member = new Member(config, registry, new HaltOnFault())) {
            MemberPorts ports =
                    new MemberPorts(member, new Serving(member).services(), registry, registry::scrape);
            try {
                ports.openMetrics();
                member.start();
                ports.openClients();
                LOG.infof("ready to serve client requests on %s", config.listen().listenClientUrls());
                Quarkus.waitForExit();
                LOG.info("stopping");
            } finally {
                ports.stop(GRACE);
            }
        } catch (StartFailure | ListenFailure | TlsFailure failure) {
            LOG.errorf("the member cannot start: %s", failure.getMessage());
            return FAILED;
        }
        return 0;
    }
}
