package io.metastore.durability;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// The tables of docs/failures.md. Each row is held against what a member really said; with `-Drewrite` it is
/// written anew instead.
final class FailurePage {
    private static final Path PAGE = Path.of("docs", "failures.md");
    private static final boolean REWRITE = System.getProperty("rewrite") != null;

    private final Map<String, String> rewritten = new LinkedHashMap<>();

    /// @param what   first column, names the row
    /// @param status what the process ended with, or a word
    /// @param text   what it said, or what happened
    void row(String what, String status, String text) {
        String row = "| " + what + " | " + status + " | " + text.replace("|", "\\|") + " |";
        if (REWRITE) {
            rewritten.put(what, row);
        } else {
            assertEquals(rows(page()).get(what), row, "docs/failures.md says something else; -Drewrite writes it anew");
        }
    }

    /// Puts rewritten rows into the page where rows of the same name stand.
    void close() {
        if (rewritten.isEmpty()) {
            return;
        }
        String page = page();
        for (var row : rewritten.entrySet()) {
            String former = rows(page).get(row.getKey());
            if (former == null) {
                throw new AssertionError("docs/failures.md has no row \"" + row.getKey() + "\"");
            }
            page = page.replace(former, row.getValue());
        }
        try {
            Files.writeString(PAGE, page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> rows(String page) {
        Map<String, String> rows = new LinkedHashMap<>();
        page.lines().filter(line -> line.startsWith("| ")).forEach(line -> {
            String name = line.substring(2, line.indexOf(" |", 2));
            if (rows.put(name, line) != null && !name.equals("what")) {
                throw new AssertionError("docs/failures.md has two rows \"" + name + "\"");
            }
        });
        return rows;
    }

    private static String page() {
        try {
            return Files.readString(PAGE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
