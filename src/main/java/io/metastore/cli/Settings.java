package io.metastore.cli;

import io.metastore.cli.Layer.Place;
import io.metastore.server.ConfigChecks;
import io.metastore.server.ConfigKey;
import io.metastore.server.ServerConfig;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeSet;
import org.eclipse.microprofile.config.spi.ConfigSource;

/// Everything that was set, from all places, merged and checked.
///
/// @param values every key with its value and where that came from, in the order of the help
/// @param config the typed tree; empty when there are problems
/// @param layers what goes on to Quarkus
/// @param problems sentences; any of them stops the start
/// @param help true when the command line asked for help
/// @param version true when the command line asked for the versions
public record Settings(
        List<Value> values,
        Optional<ServerConfig> config,
        List<ConfigSource> layers,
        List<String> problems,
        List<String> warnings,
        boolean help,
        boolean version) {
    private static final String STANDARD = "default";
    private static final int STANDARDS_ORDINAL = 305; // above every source of Quarkus' own but -D

    /// The value that counts for a key.
    ///
    /// @param text empty for a key that is not set and has no default
    /// @param origin the flag, variable or file that set it, or `default`
    public record Value(ConfigKey key, Optional<String> text, String origin) {}

    /// Flags beat `-D`, `-D` beats METASTORE_*, that beats ETCD_*, that beats the file, the file beats the
    /// defaults.
    public static Settings read(List<String> arguments, Map<String, String> environment, Properties properties) {
        Intake intake = new Intake();
        FlagParser.Asked asked = FlagParser.parse(arguments, intake);
        if (asked.help() || asked.version()) {
            return new Settings(
                    List.of(), Optional.empty(), List.of(), List.of(), List.of(), asked.help(), asked.version());
        }
        systemProperties(properties, intake);
        Optional<String> named = Environment.read(environment, intake);
        asked.configFile().or(() -> named).ifPresent(file -> PropertiesFile.read(file, intake));

        SmallRyeConfig merged = merge(intake.layers()).build();
        List<String> problems = new ArrayList<>(intake.problems());
        List<Value> values = new ArrayList<>();
        for (ConfigKey key : ConfigKey.all()) {
            values.add(value(key, merged, intake.layers(), problems));
        }
        List<String> warnings = new ArrayList<>(intake.warnings());
        Optional<ServerConfig> config = Optional.empty();
        if (problems.size() == intake.problems().size()) {
            config = tree(intake.layers(), problems);
            config.map(ConfigChecks::check).ifPresent(findings -> {
                problems.addAll(findings.problems());
                warnings.addAll(findings.warnings());
            });
            config = config.filter(tree -> problems.isEmpty());
        }
        return new Settings(values, config, List.copyOf(intake.layers()), problems, warnings, false, false);
    }

    /// The defaults of all keys that nobody set, for Quarkus: so that the server runs with what was checked
    /// here, and not with what a file `.env` or `config/application.properties` in the working directory
    /// happens to hold.
    ConfigSource standards() {
        Map<String, String> unset = new HashMap<>();
        values.stream()
                .filter(value -> value.origin().equals(STANDARD))
                .forEach(value -> unset.put(value.key().name(), value.text().orElse("")));
        return new PropertiesConfigSource(unset, STANDARD, STANDARDS_ORDINAL);
    }

    /// The layers over the defaults, without the typed tree: that would stop at the first bad value.
    private static SmallRyeConfigBuilder merge(List<Layer> layers) {
        Map<String, String> standards = new HashMap<>();
        ConfigKey.all().forEach(key -> key.standard().ifPresent(standard -> standards.put(key.name(), standard)));
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withSources(layers.toArray(ConfigSource[]::new))
                .withDefaultValues(standards);
    }

    private static Optional<ServerConfig> tree(List<Layer> layers, List<String> problems) {
        try {
            return Optional.of(
                    merge(layers).withMapping(ServerConfig.class).build().getConfigMapping(ServerConfig.class));
        } catch (ConfigValidationException refused) {
            for (int i = 0; i < refused.getProblemCount(); i++) {
                problems.add(refused.getProblem(i).getMessage());
            }
            return Optional.empty();
        }
    }

    private static Value value(ConfigKey key, SmallRyeConfig merged, List<Layer> layers, List<String> problems) {
        ConfigValue value = merged.getConfigValue(key.name());
        String text = value.getValue();
        if (value.hasProblems()) {
            problems.add(key.shortName() + ": a reference in its value, \"" + key.printable(value.getRawValue())
                    + "\", leads nowhere");
            text = null;
        }
        String origin = layers.stream()
                .sorted((left, right) -> Integer.compare(right.getOrdinal(), left.getOrdinal()))
                .flatMap(layer -> layer.origin(key.name()).stream())
                .findFirst()
                .orElse(STANDARD);
        if (text != null) {
            key.problem(text)
                    .map(sentence -> origin.equals(STANDARD) ? sentence : sentence + " (set by " + origin + ")")
                    .ifPresent(problems::add);
        }
        return new Value(key, Optional.ofNullable(text), origin);
    }

    private static void systemProperties(Properties properties, Intake intake) {
        for (String name : new TreeSet<>(properties.stringPropertyNames())) {
            if (!name.startsWith(ConfigKey.PREFIX)) {
                continue;
            }
            if (Intake.key(name).isPresent()) {
                if (intake.layer(Place.SYSTEM_PROPERTIES).origin(name).isEmpty()) {
                    intake.take(Place.SYSTEM_PROPERTIES, name, properties.getProperty(name), "-D" + name);
                }
            } else {
                intake.warning("unknown key -D" + name + " changes nothing"
                        + Nearest.to(name, FlagParser.names())
                                .map(near -> "; the nearest known is -D" + near)
                                .orElse(""));
            }
        }
    }
}
