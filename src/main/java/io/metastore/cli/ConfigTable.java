package io.metastore.cli;

import java.util.List;

/// The effective configuration as an aligned table: key, value, source.
final class ConfigTable {
    private ConfigTable() {}

    static String of(List<Settings.Value> values) {
        List<String[]> rows = values.stream()
                .map(value -> new String[] {value.key().name(), printable(value), value.origin()})
                .toList();
        int keyWidth = width(rows, 0, "KEY");
        int valueWidth = Math.min(60, width(rows, 1, "VALUE"));
        String line = "%-" + keyWidth + "s  %-" + valueWidth + "s  %s%n";
        StringBuilder table = new StringBuilder(line.formatted("KEY", "VALUE", "SOURCE"));
        rows.forEach(row -> table.append(line.formatted(row[0], row[1], row[2])));
        return table.toString();
    }

    private static String printable(Settings.Value value) {
        return value.text().map(value.key()::printable).orElse("-");
    }

    private static int width(List<String[]> rows, int column, String title) {
        return rows.stream().mapToInt(row -> row[column].length()).reduce(title.length(), Math::max);
    }
}
