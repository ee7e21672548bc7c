package io.metastore.cli;

import io.metastore.cli.Layer.Place;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Properties;

/// Reads the file that `--config-file` names: `key=value` or `key: value` lines, `#` starts a comment. A key
/// is written as the flag without dashes (`data-dir`, `metastore.batch.commands`); `metastore.data-dir` is the
/// same as `data-dir`.
final class PropertiesFile {
    private PropertiesFile() {}

    static void read(String name, Intake intake) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.endsWith(".yaml") || lower.endsWith(".yml") || lower.endsWith(".json")) {
            intake.problem(
                    "--config-file: \"" + name + "\": YAML and JSON are not there yet: write a properties file, one"
                            + " key=value a line, the keys as the flags without dashes");
            return;
        }
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(name))) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException unreadable) {
            boolean missing = unreadable instanceof InvalidPathException || !Files.exists(Path.of(name));
            intake.problem("--config-file: \"" + name + "\" "
                    + (missing ? "does not exist" : "cannot be read: " + unreadable.getMessage()));
            return;
        }
        for (String key : properties.stringPropertyNames().stream().sorted().toList()) {
            if (Intake.isKnown(key)) {
                intake.take(Place.FILE, key, properties.getProperty(key).strip(), name + ": " + key);
            } else {
                intake.problem("unknown key \"" + key + "\" in " + name
                        + Nearest.to(key, FlagParser.names())
                                .map(near -> "; the nearest known is " + near)
                                .orElse(""));
            }
        }
    }
}
