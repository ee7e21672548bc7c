package io.metastore.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.metastore.server.ConfigKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/// `docs/configuration.md` says what the tree says. Run with `-Drewrite` to write it anew.
class ConfigurationPageTest {
    private static final Path PAGE = Path.of("docs", "configuration.md");

    @Test
    void thePageSaysWhatTheTreeSays() throws IOException {
        String page = page();
        if (System.getProperty("rewrite") != null) {
            Files.createDirectories(PAGE.getParent());
            Files.writeString(PAGE, page);
        }
        assertEquals(page, Files.readString(PAGE), "run ./mvnw test -Drewrite -Dtest=ConfigurationPageTest");
    }

    private static String page() {
        StringBuilder page = new StringBuilder("""
                # Configuration

                This page is generated from the configuration tree (`io.metastore.server.ServerConfig`) and the table of
                etcd's flags by `./mvnw test -Drewrite -Dtest=ConfigurationPageTest`; a test compares the two. `metastore config`
                prints the values that a server would run with, and where each comes from.

                ## Where values come from

                Each key can be set in several places. The first that names it counts:

                1. a flag: `--data-dir x`, `--data-dir=x`, with one dash or two; a switch may stand alone (`--auto-tls`) or with
                   `=true` or `=false`. Keys in groups are written with their prefix: `--metastore.batch.commands=200`;
                2. a system property: `-Dmetastore.data-dir=x`, before or behind the name of the program;
                3. a variable `METASTORE_DATA_DIR`, `METASTORE_BATCH_COMMANDS`;
                4. for flags that etcd has, a variable `ETCD_DATA_DIR`. Where 3 and 4 contradict each other, a warning says so;
                5. a properties file, named by `--config-file`, `METASTORE_CONFIG_FILE` or `ETCD_CONFIG_FILE`: lines `key=value` or
                   `key: value`, UTF-8, `#` starts a comment; a key is the flag without dashes. YAML and JSON are not read. Unlike
                   etcd's file, it does not switch flags and variables off;
                6. the default.

                An empty value means the default. Sizes are written `64MiB`, `64Mi` or `64m` (powers of 1024), `64MB` (powers of
                1000), or in bytes; durations `100ms`, `1h30m` or `PT1M30S`. `${metastore.name}` in a value stands for that key.

                An unknown flag or key in the file, a value out of range and a contradiction stop the start with exit status 2;
                all objections are printed at once. An unknown variable is only warned about.

                """);
        String section = "";
        for (ConfigKey key : ConfigKey.all()) {
            if (!key.section().value().equals(section)) {
                section = key.section().value();
                page.append("\n## %s\n\n| key | kind | default | limit | what it does |\n|---|---|---|---|---|\n"
                        .formatted(section));
            }
            page.append("| `%s` | %s | %s | %s | %s |\n"
                    .formatted(
                            key.isTopLevel() ? key.shortName() : key.name(),
                            key.kind().name().toLowerCase(Locale.ROOT),
                            cell(key.standardInWords()),
                            cell(key.limitInWords()),
                            cell(key.setting().value())));
        }
        flags(
                page,
                EtcdFlag.Treatment.IGNORED,
                "Flags of etcd that are accepted with a warning and change nothing",
                "why");
        flags(
                page,
                EtcdFlag.Treatment.REFUSED,
                "Flags of etcd that stop the start",
                "why (etcd's default is accepted)");
        return page.toString();
    }

    private static void flags(StringBuilder page, EtcdFlag.Treatment treatment, String title, String column) {
        page.append("\n## %s\n\n| flag | %s |\n|---|---|\n".formatted(title, column));
        EtcdFlag.all().values().stream()
                .filter(flag -> flag.treatment() == treatment)
                .forEach(flag -> page.append("| `--%s` | %s |\n".formatted(flag.name(), cell(flag.note()))));
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("<", "&lt;");
    }
}
