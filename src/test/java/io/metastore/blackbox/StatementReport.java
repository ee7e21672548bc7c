package io.metastore.blackbox;

import io.metastore.blackbox.StatementList.Promise;
import io.metastore.blackbox.StatementList.Row;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// Joins two runs of the suite into a table of three columns (statement, etcd, MetaStore) and counts coverage
/// by group.
///
/// ```
/// java -cp target/test-classes io.metastore.blackbox.StatementReport statements-etcd.tsv statements-jar.tsv
/// ```
///
/// A file that does not exist leaves its column empty. Ends with status 1 when a promised statement is not
/// proved by a run that took place, when a row names no statement of the list, or when a group has more
/// exceptions than allowed (5 %, or one); with status 2 when no run took place.
public final class StatementReport {

    private static final String PASSED = cell(StatementListener.Outcome.PASSED);
    private static final String ABSENT = "-";

    private final StatementList list;
    private final Map<String, Map<String, String>> runs = new LinkedHashMap<>();
    private final List<String> complaints = new ArrayList<>();

    StatementReport(StatementList list) {
        this.list = list;
    }

    /// Prints the report of the runs in the two files (etcd's first) to standard output.
    public static void main(String[] args) throws IOException {
        if (args.length != 2) {
            System.err.println("usage: StatementReport ETCD.tsv METASTORE.tsv");
            System.exit(2);
        }
        StatementReport report = new StatementReport(StatementList.fromResources());
        report.add("etcd", Path.of(args[0]));
        report.add("MetaStore", Path.of(args[1]));
        System.exit(report.print(System.out));
    }

    /// How an outcome is written in files and tables.
    static String cell(StatementListener.Outcome outcome) {
        return outcome.name().toLowerCase(Locale.ROOT);
    }

    private void add(String column, Path file) throws IOException {
        add(column, Files.exists(file) ? Files.readAllLines(file) : List.of());
    }

    /// Adds a column from the lines of a run's file; no lines mean that the run did not take place.
    void add(String column, List<String> lines) {
        Map<String, String> outcomes = new TreeMap<>();
        for (String line : lines) {
            if (line.startsWith("#") || line.isBlank()) {
                continue;
            }
            int tab = line.indexOf('\t');
            outcomes.put(line.substring(0, tab), line.substring(tab + 1));
        }
        runs.put(column, outcomes);
    }

    /// Prints table, coverage and complaints; returns the exit status.
    int print(PrintStream out) {
        Collection<Map<String, String>> held =
                runs.values().stream().filter(run -> !run.isEmpty()).toList();
        if (held.isEmpty()) {
            out.println("no run to report");
            return 2;
        }
        printTable(out);
        out.println();
        printCoverage(out, held);
        for (Map<String, String> run : held) {
            for (String id : new TreeSet<>(run.keySet())) {
                if (!list.contains(id)) {
                    complaints.add(id + " is not a listed statement");
                }
            }
        }
        complaints.forEach(complaint -> out.println("NOT MET: " + complaint));
        return complaints.isEmpty() ? 0 : 1;
    }

    private void printTable(PrintStream out) {
        StringBuilder head = new StringBuilder(String.format(Locale.ROOT, "%-10s", "statement"));
        runs.keySet().forEach(column -> head.append(String.format(Locale.ROOT, "%-10s", column)));
        out.println(head);
        for (Row row : list.rows()) {
            StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-10s", row.id()));
            for (Map.Entry<String, Map<String, String>> run : runs.entrySet()) {
                String outcome = run.getValue().getOrDefault(row.id(), ABSENT);
                line.append(String.format(Locale.ROOT, "%-10s", outcome));
                judge(row, run.getKey(), outcome, run.getValue().isEmpty());
            }
            if (row.promise() != Promise.COVERED) {
                line.append(row.promise().name().toLowerCase(Locale.ROOT)).append(": ");
            }
            line.append(row.reason());
            out.println(line.toString().stripTrailing());
        }
    }

    private void judge(Row row, String column, String outcome, boolean notRun) {
        if (!notRun && row.promise() == Promise.COVERED && !outcome.equals(PASSED)) {
            complaints.add(row.id() + " on " + column + ": "
                    + (outcome.equals(ABSENT) ? "neither a test nor an exception" : outcome));
        }
    }

    private void printCoverage(PrintStream out, Collection<Map<String, String>> held) {
        Map<String, List<Row>> groups = new LinkedHashMap<>();
        list.rows()
                .forEach(row -> groups.computeIfAbsent(row.group(), g -> new ArrayList<>())
                        .add(row));
        groups.forEach((group, rows) -> {
            List<Row> counted =
                    rows.stream().filter(row -> row.promise() != Promise.LATER).toList();
            long exceptions = counted.stream()
                    .filter(row -> row.promise() == Promise.EXCEPTION)
                    .count();
            long covered = counted.stream()
                    .filter(row -> row.promise() == Promise.COVERED)
                    .filter(row -> held.stream()
                            .allMatch(run -> run.getOrDefault(row.id(), ABSENT).equals(PASSED)))
                    .count();
            out.printf(
                    Locale.ROOT,
                    "%s  %d of %d covered, %d exceptions, %d later%n",
                    group,
                    covered,
                    counted.size(),
                    exceptions,
                    rows.size() - counted.size());
            if (exceptions > Math.max(1, counted.size() / 20)) {
                complaints.add(group + " has " + exceptions + " exceptions among " + counted.size() + " statements");
            }
        });
    }
}
