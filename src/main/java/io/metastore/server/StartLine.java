package io.metastore.server;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.eclipse.microprofile.config.spi.ConfigSourceProvider;

/// Hands what the program was started with to Quarkus' configuration.
///
/// The command line is read before Quarkus starts, so that refusals come at once and `help` costs nothing.
/// Quarkus finds
/// this class through `META-INF/services` and asks it for sources; where nothing was published (tests, the
/// build) it has none.
public final class StartLine implements ConfigSourceProvider {
    private static final AtomicReference<List<ConfigSource>> PUBLISHED = new AtomicReference<>(List.of());

    /// Called once, before Quarkus starts.
    public static void publish(List<ConfigSource> sources) {
        PUBLISHED.set(List.copyOf(sources));
    }

    @Override
    public Iterable<ConfigSource> getConfigSources(ClassLoader loader) {
        return PUBLISHED.get();
    }
}
