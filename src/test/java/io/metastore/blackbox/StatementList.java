package io.metastore.blackbox;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// The list of etcd's numbered statements and what this suite promises for each of them: `statements.tsv`, one
/// row per statement with id, status and reason.
final class StatementList {

    /// What the suite promises for a statement.
    enum Promise {
        /// A test proves it on etcd and on MetaStore.
        COVERED,
        /// No test can or should; the reason says why.
        EXCEPTION,
        /// Needs something that is not built yet; not counted.
        LATER
    }

    /// One row.
    record Row(String id, Promise promise, String reason) {
        /// The letters before the hyphen.
        String group() {
            return id.substring(0, id.indexOf('-'));
        }
    }

    private static final String RESOURCE = "/statements.tsv";

    private final Map<String, Row> rows;

    private StatementList(Map<String, Row> rows) {
        this.rows = rows;
    }

    /// Reads the list that lies on the class path.
    static StatementList fromResources() {
        try (InputStream in = StatementList.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException(RESOURCE + " is not on the class path");
            }
            BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            return parse(reader.lines().toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Parses the lines of the file; `#` starts a comment line. A malformed or repeated row is an error.
    static StatementList parse(List<String> lines) {
        Map<String, Row> rows = new LinkedHashMap<>();
        for (String line : lines) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            List<String> cells = new ArrayList<>(List.of(line.split("\t", -1)));
            if (cells.size() != 3 || !cells.getFirst().matches("[A-Z0-9]{3}-[0-9]{2}")) {
                throw new IllegalArgumentException("not a row of statement, status, reason: " + line);
            }
            Promise promise = Promise.valueOf(cells.get(1).toUpperCase(Locale.ROOT));
            if (promise != Promise.COVERED && cells.get(2).isBlank()) {
                throw new IllegalArgumentException("a reason is missing: " + line);
            }
            Row row = new Row(cells.getFirst(), promise, cells.get(2));
            if (rows.put(row.id(), row) != null) {
                throw new IllegalArgumentException("listed twice: " + row.id());
            }
        }
        return new StatementList(rows);
    }

    boolean contains(String id) {
        return rows.containsKey(id);
    }

    Collection<Row> rows() {
        return rows.values();
    }

    Set<String> ids() {
        return rows.keySet();
    }
}
