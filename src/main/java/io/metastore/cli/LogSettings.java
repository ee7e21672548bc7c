package io.metastore.cli;

import io.metastore.server.ServerConfig;
import io.smallrye.config.PropertiesConfigSource;
import java.util.ArrayList;
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
        String level = switch (logging.logLevel()) {
            case "panic", "dpanic" -> "FATAL";
            case "warning" -> "WARN";
            case String other -> other.toUpperCase(Locale.ROOT);
        };
        // Debugging is about MetaStore; what the libraries say at that level would bury it.
        keys.put("quarkus.log.level", level.equals("DEBUG") ? "INFO" : level);
        keys.put("quarkus.log.category.\"io.metastore\".level", level);
        keys.put("quarkus.log.console.enabled", "false");
        // Quarkus has one console and one file of its own; each further output is a handler with a name.
        List<String> handlers = new ArrayList<>();
        boolean console = false;
        boolean file = false;
        for (String output :
                logging.logOutputs().stream().map(LogSettings::plain).distinct().toList()) {
            String name = "output" + handlers.size();
            if (output.equals("stdout") || output.equals("stderr")) {
                console(keys, console ? named(handlers, "console", name) : "quarkus.log.console.", output);
                console = true;
            } else {
                file(keys, file ? named(handlers, "file", name) : "quarkus.log.file.", output);
                file = true;
            }
        }
        if (!handlers.isEmpty()) {
            keys.put("quarkus.log.handlers", String.join(",", handlers));
        }
        return new PropertiesConfigSource(keys, "log-level and log-outputs", ORDINAL);
    }

    /// Default is stderr, and so is the journal, which collects that.
    private static String plain(String output) {
        return output.equals("default") || output.startsWith("systemd/") ? "stderr" : output;
    }

    /// Adds a name to `handlers` and returns what the keys of that handler begin with.
    private static String named(List<String> handlers, String kind, String name) {
        handlers.add(name);
        return "quarkus.log.handler." + kind + "." + name + ".";
    }

    private static void console(Map<String, String> keys, String handler, String stream) {
        keys.put(handler + "enabled", "true");
        keys.put(handler + "format", FORMAT);
        keys.put(handler + "stderr", String.valueOf(stream.equals("stderr")));
    }

    private static void file(Map<String, String> keys, String handler, String path) {
        keys.put(handler + "enabled", "true");
        keys.put(handler + "path", path);
        keys.put(handler + "format", FORMAT);
        keys.put(handler + "rotation.rotate-on-boot", "false");
        keys.put(handler + "rotation.max-file-size", "10M");
        keys.put(handler + "rotation.max-backup-index", "5");
    }
}
