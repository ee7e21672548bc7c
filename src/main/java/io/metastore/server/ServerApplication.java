package io.metastore.server;

import io.metastore.api.http.HttpRoutes;
import io.metastore.watch.WatchMetrics;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jboss.logging.Logger;

/// The server once its configuration is known to be good: runs until the process is asked to stop.
@ApplicationScoped
public class ServerApplication implements QuarkusApplication {
    private static final Logger LOG = Logger.getLogger(ServerApplication.class);
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
        try (Member member = new Member(config, registry, new HaltOnFault());
                ExecutorService scrapes = Executors.newSingleThreadExecutor(work -> new Thread(work, "scrape"))) {
            WatchMetrics.bind(member.watchHub().counts(), registry);
            Serving serving = new Serving(member);
            HttpRoutes pages =
                    serving.pages(() -> registry.scrape().getBytes(StandardCharsets.UTF_8), scrapes);
            Listeners listeners = new Listeners(
                    member.config(),
                    new Listeners.Calls(serving.services(), List.of(), List.of(), pages, pages),
                    Optional.empty());
            try {
                listeners.openMetrics();
                member.start();
                listeners.openClients();
                LOG.infof("ready to serve client requests on %s", config.listen().listenClientUrls());
                Quarkus.waitForExit();
                LOG.info("stopping");
            } finally {
                listeners.stop(GRACE);
            }
        } catch (StartFailure | ListenFailure failure) {
            LOG.errorf("the member cannot start: %s", failure.getMessage());
            return FAILED;
        }
        return 0;
    }
}
