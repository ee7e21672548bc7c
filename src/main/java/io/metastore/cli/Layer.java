package io.metastore.cli;

import io.metastore.server.ConfigKey;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.config.spi.ConfigSource;

/// One place that settings come from, with what it said. Where two layers know a key, the higher one counts.
public final class Layer implements ConfigSource {
    private final Place place;
    private final Map<String, String> values = new HashMap<>();
    private final Map<String, String> origins = new HashMap<>();

    Layer(Place place) {
        this.place = place;
    }

    /// The places, lowest first. Quarkus' own sources stand at 400 (`-D`), 300 (environment), 295 (a file
    /// `.env`), 260 (`config/application.properties`) and 250 (what is fixed).
    public enum Place {
        FILE("properties file", 310),
        ETCD_ENVIRONMENT("environment ETCD_*", 340),
        METASTORE_ENVIRONMENT("environment METASTORE_*", 350),
        SYSTEM_PROPERTIES("-D", 410),
        COMMAND_LINE("command line", 500);

        private final String title;
        private final int ordinal;

        Place(String title, int ordinal) {
            this.title = title;
            this.ordinal = ordinal;
        }

        public String title() {
            return title;
        }
    }

    void put(ConfigKey key, String value, String origin) {
        values.put(key.name(), key.canonical(value));
        origins.put(key.name(), origin);
    }

    /// What exactly set the key: the flag, the variable, the file.
    public Optional<String> origin(String key) {
        return Optional.ofNullable(origins.get(key));
    }

    @Override
    public Map<String, String> getProperties() {
        return Map.copyOf(values);
    }

    @Override
    public Set<String> getPropertyNames() {
        return Set.copyOf(values.keySet());
    }

    @Override
    public String getValue(String key) {
        return values.get(key);
    }

    @Override
    public String getName() {
        return place.title;
    }

    @Override
    public int getOrdinal() {
        return place.ordinal;
    }
}
