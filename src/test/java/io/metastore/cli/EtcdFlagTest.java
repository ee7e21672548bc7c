package io.metastore.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.server.ConfigKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every flag of etcd 3.7.3, from a list of its own: understood, warned about or refused, and never anything
/// else.
class EtcdFlagTest {
    record Row(String flag, String kind, String standard, String variable) {
        String name() {
            return flag.substring(2);
        }

        @Override
        public String toString() {
            return flag;
        }
    }

    static List<Row> rows() throws IOException {
        try (InputStream table = Objects.requireNonNull(EtcdFlagTest.class.getResourceAsStream("/facts/flags.tsv"))) {
            return new String(table.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("\t", -1))
                    .map(cells -> new Row(cells[0], cells[1], cells[2], cells[3]))
                    .toList();
        }
    }

    @Test
    void theTableHasTheFlagsOfEtcdAndNoOthers() throws IOException {
        Set<String> expected = new HashSet<>();
        rows().forEach(row -> expected.add(row.name()));
        assertEquals(113, expected.size());
        assertEquals(expected, EtcdFlag.all().keySet());
    }

    @Test
    void everyKeyAtTheTopOfTheTreeIsAFlagOfEtcd() {
        for (ConfigKey key : ConfigKey.all()) {
            boolean flagOfEtcd = EtcdFlag.named(key.shortName())
                    .filter(flag -> flag.treatment() == EtcdFlag.Treatment.KEY)
                    .isPresent();
            assertEquals(key.isTopLevel(), flagOfEtcd, key.name());
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void asAFlag(Row row) throws IOException {
        EtcdFlag flag = EtcdFlag.named(row.name()).orElseThrow();
        assertEquals(row.variable(), flag.variable());
        assertEquals(row.kind().equals("bool"), flag.isSwitch());
        if (flag.treatment() != EtcdFlag.Treatment.ACTION) {
            String value = sample(row);
            expect(
                    flag,
                    row.flag(),
                    value,
                    Settings.read(List.of(row.flag() + "=" + value), Map.of(), new Properties()));
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void asAVariable(Row row) throws IOException {
        EtcdFlag flag = EtcdFlag.named(row.name()).orElseThrow();
        if (flag.treatment() != EtcdFlag.Treatment.ACTION) {
            String value = sample(row);
            expect(
                    flag,
                    row.variable(),
                    value,
                    Settings.read(List.of(), Map.of(row.variable(), value), new Properties()));
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void etcdsDefaultIsNeverRefused(Row row) {
        EtcdFlag flag = EtcdFlag.named(row.name()).orElseThrow();
        if (flag.treatment() == EtcdFlag.Treatment.REFUSED && !flag.standard().isEmpty()) {
            Settings settings = Settings.read(List.of(row.flag() + "=" + flag.standard()), Map.of(), new Properties());
            assertEquals(List.of(), settings.problems());
        }
    }

    private static void expect(EtcdFlag flag, String written, String value, Settings settings) {
        Stream<String> named = settings.warnings().stream().filter(sentence -> sentence.startsWith(written + " "));
        switch (flag.treatment()) {
            case KEY -> {
                Settings.Value read = settings.values().stream()
                        .filter(candidate -> candidate.key().shortName().equals(flag.name()))
                        .findFirst()
                        .orElseThrow();
                assertEquals(value, read.text().orElse(""));
                assertEquals(written, read.origin());
            }
            case IGNORED -> {
                assertEquals(List.of(), settings.problems());
                assertEquals(1, named.count());
                assertTrue(settings.config().isPresent());
            }
            case REFUSED -> {
                assertEquals(1, settings.problems().size(), settings.problems().toString());
                assertTrue(
                        settings.problems().getFirst().startsWith(written + ":"),
                        settings.problems().getFirst());
                assertFalse(flag.secret() && settings.problems().toString().contains(value));
            }
            case ACTION -> throw new AssertionError("not a setting");
        }
    }

    /// A value that is not etcd's default.
    private static String sample(Row row) {
        return switch (row.kind()) {
            case "bool" -> row.standard().equals("true") ? "false" : "true";
            case "duration" -> "17s";
            case "int", "uint", "int64", "uint64" -> "17";
            case "list/custom" -> row.standard().matches("[0-9]+") ? "17" : text(row);
            default -> text(row);
        };
    }

    private static String text(Row row) {
        return row.standard().startsWith("http") ? "http://127.0.0.1:17" : "seventeen";
    }
}
