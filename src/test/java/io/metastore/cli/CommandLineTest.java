package io.metastore.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.cli.CommandLine.Next;
import io.metastore.server.ConfigKey;
import io.metastore.server.Setting;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.junit.jupiter.api.Test;

class CommandLineTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private Next run(Map<String, String> environment, String... arguments) {
        return new CommandLine(
                        environment,
                        new Properties(),
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8))
                .run(arguments);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void serverIsTheDefault() {
        for (String[] arguments : List.of(
                new String[] {}, new String[] {"--name", "x"}, new String[] {"-name=x"}, new String[] {"server"})) {
            assertInstanceOf(Next.Serve.class, run(Map.of(), arguments));
        }
        assertEquals("", out() + err());
    }

    @Test
    void theServerGetsItsSourcesByName() {
        Next.Serve serve = assertInstanceOf(
                Next.Serve.class, run(Map.of("ETCD_NAME", "x"), "--log-level=debug", "--log-outputs=stdout,a.log"));
        assertEquals("x", serve.config().member().name());
        assertEquals("x", value(serve, "environment ETCD_*", "metastore.name"));
        assertEquals("debug", value(serve, "command line", "metastore.log-level"));
        assertEquals("a.log", value(serve, "log-level and log-outputs", "quarkus.log.file.path"));
        assertEquals("false", value(serve, "log-level and log-outputs", "quarkus.log.console.stderr"));
        assertEquals("DEBUG", value(serve, "log-level and log-outputs", "quarkus.log.category.\"io.metastore\".level"));
    }

    private static String value(Next.Serve serve, String source, String key) {
        return serve.sources().stream()
                .filter(candidate -> candidate.getName().contains(source))
                .map((ConfigSource candidate) -> candidate.getValue(key))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void refusalsGoToTheErrorStreamWithStatusTwo() {
        assertEquals(new Next.Exit(2), run(Map.of(), "server", "--nmae", "x", "--log-format=xml"));
        assertEquals("", out());
        assertTrue(err().contains("  unknown flag --nmae; the nearest known is --name\n"), err());
        assertTrue(err().contains("  log-format: \"xml\" is out of range: it must be one of console, json"), err());
    }

    @Test
    void unknownSubcommand() {
        assertEquals(new Next.Exit(2), run(Map.of(), "sevrer"));
        assertTrue(err().contains("unknown subcommand \"sevrer\"; the nearest known is server"), err());
    }

    @Test
    void versions() {
        for (String[] arguments :
                List.of(new String[] {"version"}, new String[] {"--version"}, new String[] {"server", "--version"})) {
            out.reset();
            assertEquals(new Next.Exit(0), run(Map.of(), arguments));
            List<String> lines = out().lines().toList();
            assertTrue(lines.getFirst().matches("MetaStore Version: [0-9]+\\.[0-9]+\\.[0-9]+.*"), out());
            assertEquals("etcd Version: 3.7.3", lines.get(1));
            assertTrue(lines.get(2).startsWith("Java Version: "), out());
        }
        assertEquals(new Next.Exit(2), run(Map.of(), "version", "x"));
    }

    @Test
    void helpNamesEveryKeyAndFlag() {
        assertEquals(new Next.Exit(0), run(Map.of(), "help", "server"));
        String text = out();
        ConfigKey.all().forEach(key -> assertTrue(text.contains("  " + key.flag() + " "), key.name()));
        EtcdFlag.all().keySet().forEach(flag -> assertTrue(text.contains("--" + flag), flag));
        assertTrue(text.lines().allMatch(line -> line.length() <= 110), text);
        out.reset();
        assertEquals(new Next.Exit(0), run(Map.of(), "--help"));
        assertEquals(text, out());
        for (Subcommand command : Subcommand.values()) {
            assertEquals(new Next.Exit(0), run(Map.of(), "help", command.word()));
            assertEquals(new Next.Exit(0), run(Map.of(), command.word(), "--help"));
        }
        assertEquals(new Next.Exit(0), run(Map.of(), "help"));
        assertEquals("", err());
    }

    @Test
    void configPrintsValuesWithTheirSources() {
        assertEquals(new Next.Exit(0), run(Map.of("ETCD_NAME", "a", "ETCD_NMAE", "b"), "config", "--max-txn-ops", "5"));
        assertTrue(out().lines().anyMatch(line -> line.matches("metastore\\.name +a +ETCD_NAME")), out());
        assertTrue(out().lines().anyMatch(line -> line.matches("metastore\\.data-dir +a\\.etcd +default")), out());
        assertTrue(out().lines().anyMatch(line -> line.matches("metastore\\.max-txn-ops +5 +--max-txn-ops")), out());
        assertTrue(err().contains("unknown variable ETCD_NMAE"), err());
        assertEquals(new Next.Exit(2), run(Map.of(), "config", "--max-txn-ops", "-1"));
    }

    @Test
    void secretsAreMasked() throws NoSuchMethodException {
        ConfigKey name = ConfigKey.named("metastore.name").orElseThrow();
        Setting secret = getClass().getDeclaredMethod("aSecret").getAnnotation(Setting.class);
        ConfigKey hidden =
                new ConfigKey("metastore.secret", name.section(), name.kind(), Optional.empty(), secret, true);
        String table = ConfigTable.of(List.of(new Settings.Value(hidden, Optional.of("hunter2"), "--secret")));
        assertTrue(table.contains("********") && !table.contains("hunter2"), table);
        assertFalse(hidden.problem("hunter2").orElseThrow().contains("hunter2"));

        run(Map.of(), "config", "--listen-client-urls=http://me:hunter2@localhost:1", "--discovery-password=hunter2");
        assertFalse((out() + err()).contains("hunter2"), out() + err());
        assertTrue(err().contains("--discovery-password:"), err());
    }

    @Setting(value = "Only for this test.", choices = "x", secret = true)
    void aSecret() {}

    @Test
    void nearest() {
        assertEquals(Optional.of("data-dir"), Nearest.to("datadir", FlagParser.names()));
        assertEquals(Optional.of("name"), Nearest.to("nmae", FlagParser.names()));
        assertEquals(Optional.empty(), Nearest.to("zzzzzz", FlagParser.names()));
        assertEquals(1, Nearest.changes("nmae", "name"));
    }
}
