package io.metastore.cli;

import io.metastore.server.ServerConfig;
import io.smallrye.config.PropertiesConfigSource;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eclipse.microprofile.config.spi.ConfigSource;

/// Translates log-level and log-outputs into what Quarkus calls them.
final class LogSettings {
    private static final String FORMAT = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5p [%c{2.}] (%t) %s%e%n";
    private static final int ORDINAL = 260; // above what is fixed, below everything that people can set

    private LogSettings() {}

    static ConfigSource of(ServerConfig.Logging logging) {
        Map<String, String> keys = new HashMap<>();
        String level = logging.logLevel().equals("panic")
                ? "FATAL"
                : logging.logLevel().toUpperCase(Locale.ROOT);
        // Debugging is about MetaStore; what the libraries say at that level would bury it.
        keys.put("quarkus.log.level", level.equals("DEBUG") ? "INFO" : level);
        keys.put("quarkus.log.category.\"io.metastore\".level", level);
        List<String> outputs = logging.logOutputs();
        boolean stdout = outputs.contains("stdout");
        keys.put(
                "quarkus.log.console.enabled",
                String.valueOf(stdout || outputs.contains("stderr") || outputs.contains("default")));
        keys.put("quarkus.log.console.format", FORMAT);
        keys.put("quarkus.log.console.stderr", String.valueOf(!stdout));
        outputs.stream()
                .filter(output -> !List.of("default", "stderr", "stdout").contains(output))
                .forEach(file -> {
                    keys.put("quarkus.log.file.enabled", "true");
                    keys.put("quarkus.log.file.path", file);
                    keys.put("quarkus.log.file.format", FORMAT);
                    keys.put("quarkus.log.file.rotation.rotate-on-boot", "false");
                    keys.put("quarkus.log.file.rotation.max-file-size", "10M");
                    keys.put("quarkus.log.file.rotation.max-backup-index", "5");
                });
        return new PropertiesConfigSource(keys, "log-level and log-outputs", ORDINAL);
    }
}
