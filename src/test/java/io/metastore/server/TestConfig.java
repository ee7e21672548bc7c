package io.metastore.server;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.HashMap;
import java.util.Map;

/// Configurations for tests.
final class TestConfig {
    private TestConfig() {}

    /// The defaults with `keys` on top, each without its prefix `metastore.`.
    static EffectiveConfig with(Map<String, String> keys) {
        Map<String, String> properties = new HashMap<>();
        keys.forEach((key, value) -> properties.put("metastore." + key, value));
        ServerConfig config = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withMapping(ServerConfig.class)
                .withSources(new PropertiesConfigSource(properties, "test", 500))
                .build()
                .getConfigMapping(ServerConfig.class);
        return new EffectiveConfig(config);
    }
}
