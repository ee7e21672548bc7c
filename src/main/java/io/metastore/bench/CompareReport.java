package io.metastore.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// The comparison as Markdown for people and as nested maps for scripts.
final class CompareReport {
    /// What etcd against itself must keep to for the run to be worth anything.
    static final double LOW = 0.93;

    static final double HIGH = 1.07;

    private final Map<String, String> knobs;
    private final List<ServerGroup> servers;
    private final List<Scenario> scenarios;
    private final List<Round> rounds;

    CompareReport(Map<String, String> knobs, List<ServerGroup> servers, List<Scenario> scenarios, List<Round> rounds) {
        this.knobs = knobs;
        this.servers = servers;
        this.scenarios = scenarios;
        this.rounds = rounds;
    }

    String markdown() {
        StringBuilder text = new StringBuilder("# Comparison\n\n");
        String reference = reference().name();
        text.append("Ratios are those of neighbouring rounds, against `")
                .append(reference)
                .append(
                        "`: median (least–greatest). Below 1 is less. Server CPU, memory and bytes are the kernel's account of the server processes, all members of a cluster together.\n");
        for (Side side : inOrder()) {
            boolean same = side.sameAs(reference());
            text.append("\n## ").append(side.name()).append(" next to ").append(reference);
            text.append(same ? ": the same program twice, the error bars of this run\n\n" : "\n\n");
            ratios(text, side, same);
        }
        medians(text);
        knobs(text);
        raw(text);
        return text.toString();
    }

    private Side reference() {
        return servers.getFirst().side();
    }

    /// The sides beside the reference, its twin first.
    private List<Side> inOrder() {
        List<Side> sides = new ArrayList<>();
        servers.stream().skip(1).map(ServerGroup::side).forEach(sides::add);
        sides.sort((a, b) -> Boolean.compare(b.sameAs(reference()), a.sameAs(reference())));
        return sides;
    }

    private void ratios(StringBuilder text, Side side, boolean same) {
        text.append("| scenario |");
        for (Figure figure : Figure.values()) {
            text.append(' ').append(figure.title()).append(" |");
        }
        text.append(same ? " throughput, p50, CPU within " + LOW + "–" + HIGH + " |" : "")
                .append('\n');
        text.append("|---|")
                .append("---|".repeat(Figure.values().length + (same ? 1 : 0)))
                .append('\n');
        for (Scenario scenario : scenarios) {
            if (figures(scenario.name(), side.name(), Figure.CPU).length == 0) {
                continue;
            }
            text.append("| ").append(scenario.title()).append(" |");
            for (Figure figure : Figure.values()) {
                text.append(' ')
                        .append(ratio(scenario.name(), side.name(), figure))
                        .append(" |");
            }
            text.append(same ? " " + (steady(scenario.name(), side.name()) ? "yes" : "**no**") + " |" : "")
                    .append('\n');
        }
    }

    private boolean steady(String scenario, String side) {
        return List.of(Figure.THROUGHPUT, Figure.P50, Figure.CPU).stream()
                .allMatch(figure -> ratio(scenario, side, figure).within(LOW, HIGH));
    }

    private Ratio ratio(String scenario, String side, Figure figure) {
        return Ratio.of(
                figures(scenario, side, figure), figures(scenario, reference().name(), figure));
    }

    private double[] figures(String scenario, String side, Figure figure) {
        return counted(scenario, side).stream().mapToDouble(figure::of).toArray();
    }

    private List<Round> counted(String scenario, String side) {
        return rounds.stream()
                .filter(round -> !round.warm()
                        && round.scenario().equals(scenario)
                        && round.side().equals(side))
                .toList();
    }

    private void medians(StringBuilder text) {
        text.append("\n## Medians\n\n| scenario | side |");
        for (Figure figure : Figure.values()) {
            text.append(' ').append(figure.title()).append(" |");
        }
        text.append(" refused | errors | worst ms | driver CPU µs/call |\n|---|---|")
                .append("---|".repeat(Figure.values().length + 4))
                .append('\n');
        for (Scenario scenario : scenarios) {
            for (ServerGroup server : servers) {
                List<Round> counted = counted(scenario.name(), server.side().name());
                if (counted.isEmpty()) {
                    continue;
                }
                text.append("| ")
                        .append(scenario.name())
                        .append(" | ")
                        .append(server.side().name())
                        .append(" |");
                for (Figure figure : Figure.values()) {
                    double median = Ratio.median(
                            counted.stream().mapToDouble(figure::of).toArray());
                    text.append(' ').append(figure.text(median)).append(" |");
                }
                text.append(String.format(
                        " %,d | %,d | %.1f | %.1f |%n",
                        counted.stream()
                                .mapToLong(round -> round.result().refused())
                                .sum(),
                        counted.stream()
                                .mapToLong(round -> round.result().failed())
                                .sum(),
                        counted.stream()
                                .mapToDouble(round -> round.millis(100))
                                .max()
                                .orElse(0),
                        Ratio.median(counted.stream()
                                .mapToDouble(round -> round.result().ownCpuMicros())
                                .toArray())));
            }
        }
        watchers(text);
    }

    private void watchers(StringBuilder text) {
        List<Round> late = rounds.stream()
                .filter(round -> !round.warm() && round.counted().equals("event"))
                .filter(round -> round.millis(100) > 1_000
                        || !Long.valueOf(0).equals(round.result().figures().get("events missing")))
                .toList();
        if (rounds.stream().anyMatch(round -> round.counted().equals("event"))) {
            text.append("\nRounds in which a watcher was behind by more than a second or missed an event: ")
                    .append(
                            late.isEmpty()
                                    ? "none"
                                    : late.stream()
                                            .map(round ->
                                                    round.scenario() + " " + round.side() + " " + (round.number() + 1))
                                            .collect(Collectors.joining(", ")))
                    .append(".\n");
        }
    }

    private void knobs(StringBuilder text) {
        text.append("\n## Knobs\n\n");
        knobs.forEach((name, value) -> text.append("- ")
                .append(name)
                .append(": ")
                .append(value.isEmpty() ? "–" : "`" + value + "`")
                .append('\n'));
        for (ServerGroup server : servers) {
            text.append("- side ").append(server.side().name()).append(": `");
            server.side()
                    .environment()
                    .forEach((name, value) ->
                            text.append(name).append('=').append(value).append(' '));
            text.append(server.commands().stream()
                            .map(command -> String.join(" ", command))
                            .collect(Collectors.joining("`, `")))
                    .append("`");
            if (!server.side().jvm().isEmpty()) {
                text.append(" with JVM options `")
                        .append(String.join(" ", server.side().jvm()))
                        .append('`');
            }
            text.append('\n');
        }
    }

    private void raw(StringBuilder text) {
        text.append("\n## All rounds, in the order in which they ran\n\n| scenario | side | round |");
        for (Figure figure : Figure.values()) {
            text.append(' ').append(figure.title()).append(" |");
        }
        text.append(" refused | errors |\n|---|---|---|")
                .append("---|".repeat(Figure.values().length + 2))
                .append('\n');
        for (Round round : rounds) {
            text.append("| ")
                    .append(round.scenario())
                    .append(" | ")
                    .append(round.side())
                    .append(" | ");
            text.append(round.warm() ? "warm" : String.valueOf(round.number() + 1))
                    .append(" |");
            for (Figure figure : Figure.values()) {
                text.append(' ').append(figure.text(figure.of(round))).append(" |");
            }
            text.append(String.format(
                    " %d | %d |%n", round.result().refused(), round.result().failed()));
        }
    }

    Map<String, Object> map() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("knobs", knobs);
        Map<String, Object> sides = new LinkedHashMap<>();
        servers.forEach(server -> sides.put(
                server.side().name(),
                Map.of(
                        "commands", server.commands(),
                        "environment", server.side().environment(),
                        "jvm", server.side().jvm())));
        map.put("sides", sides);
        List<Object> ratios = new ArrayList<>();
        for (Scenario scenario : scenarios) {
            for (Side side : inOrder()) {
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("scenario", scenario.name());
                row.put("side", side.name());
                for (Figure figure : Figure.values()) {
                    Ratio ratio = ratio(scenario.name(), side.name(), figure);
                    row.put(figure.title(), List.of(ratio.median(), ratio.least(), ratio.most()));
                }
                ratios.add(row);
            }
        }
        map.put("ratios", ratios);
        map.put("rounds", rounds.stream().map(Round::map).toList());
        return map;
    }
}
