package io.metastore.server;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import jakarta.enterprise.context.ApplicationScoped;
import org.jboss.logging.Logger;

/// The server once its configuration is known to be good: runs until the process is asked to stop.
@ApplicationScoped
public class ServerApplication implements QuarkusApplication {
    private static final Logger LOG = Logger.getLogger(ServerApplication.class);

    private final ServerConfig config;

    public ServerApplication(ServerConfig config) {
        this.config = config;
    }

    @Override
    public int run(String... arguments) {
        LOG.infof(
                "member %s starts with its data in %s", config.member().name(), new EffectiveConfig(config).dataDir());
        Quarkus.waitForExit();
        return 0;
    }
}
