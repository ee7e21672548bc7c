package io.metastore.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;

/// One flag of etcd 3.7.3 and what happens to it here, as the table `etcd-flags.tsv` says.
///
/// @param name without dashes
/// @param isSwitch true when the flag may stand without a value
/// @param standard etcd's default as text
/// @param secret true when a value must not be printed
/// @param note what happens here, for people
public record EtcdFlag(
        String name, boolean isSwitch, String standard, boolean secret, Treatment treatment, String note) {
    private static final SequencedMap<String, EtcdFlag> ALL = readTable();

    /// What the server does with a flag.
    public enum Treatment {
        /// Fills the key of the same name.
        KEY,
        /// Accepted with a warning.
        IGNORED,
        /// Stops the start, unless the value is etcd's default.
        REFUSED,
        /// Not a setting: the command line deals with it.
        ACTION
    }

    public static SequencedMap<String, EtcdFlag> all() {
        return ALL;
    }

    public static Optional<EtcdFlag> named(String name) {
        return Optional.ofNullable(ALL.get(name));
    }

    /// `ETCD_DATA_DIR`.
    public String variable() {
        return "ETCD_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    private static SequencedMap<String, EtcdFlag> readTable() {
        SequencedMap<String, EtcdFlag> flags = new LinkedHashMap<>();
        try (InputStream table =
                Objects.requireNonNull(EtcdFlag.class.getResourceAsStream("etcd-flags.tsv"), "etcd-flags.tsv")) {
            new String(table.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("\t", -1))
                    .forEach(cells -> flags.put(cells[0].substring(2), of(cells)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Collections.unmodifiableSequencedMap(flags);
    }

    private static EtcdFlag of(String[] cells) {
        return new EtcdFlag(
                cells[0].substring(2),
                cells[1].equals("switch"),
                cells[2].equals("-") ? "" : cells[2],
                cells[3].equals("secret"),
                Treatment.valueOf(cells[4].toUpperCase(Locale.ROOT)),
                cells[5]);
    }
}
