package io.metastore.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The comparison of fresh servers as Markdown for people and as nested maps for scripts.
final class ColdReport {
    private final Map<String, String> knobs;
    private final List<Side> sides;
    private final Map<String, List<String>> commands;
    private final List<ColdRun> runs;

    /// @param sides     in the order in which they took turns; the first is the reference
    /// @param commands  the command line of each side, by its name
    ColdReport(Map<String, String> knobs, List<Side> sides, Map<String, List<String>> commands, List<ColdRun> runs) {
        this.knobs = knobs;
        this.sides = sides;
        this.commands = commands;
        this.runs = runs;
    }

    String markdown() {
        StringBuilder text = new StringBuilder("# Comparison of fresh servers\n\n");
        text.append("Ratios are those of neighbouring lives, against `")
                .append(sides.getFirst().name())
                .append(
                        "`: median (least–greatest). Below 1 is less. Each life is a new process on an empty data directory. CPU and memory are the kernel's account of the server process.\n\n");
        head(text, "| side |");
        for (Side side : sides.subList(1, sides.size())) {
            text.append("| ").append(side.name());
            text.append(side.sameAs(sides.getFirst()) ? " (the same program, the error bars of this run) |" : " |");
            for (ColdFigure figure : ColdFigure.values()) {
                text.append(' ').append(ratio(side, figure)).append(" |");
            }
            text.append('\n');
        }
        medians(text);
        knobs(text);
        raw(text);
        return text.toString();
    }

    private static void head(StringBuilder text, String first) {
        text.append(first);
        for (ColdFigure figure : ColdFigure.values()) {
            text.append(' ').append(figure.title()).append(" |");
        }
        long columns = first.chars().filter(c -> c == '|').count() - 1 + ColdFigure.values().length;
        text.append("\n|").append("---|".repeat((int) columns)).append('\n');
    }

    Ratio ratio(Side side, ColdFigure figure) {
        return Ratio.of(figures(side, figure), figures(sides.getFirst(), figure));
    }

    private double[] figures(Side side, ColdFigure figure) {
        return runs.stream()
                .filter(run -> run.side().equals(side.name()))
                .mapToDouble(figure::of)
                .toArray();
    }

    private void medians(StringBuilder text) {
        text.append("\n## Medians\n\n");
        head(text, "| side |");
        for (Side side : sides) {
            text.append("| ").append(side.name()).append(" |");
            for (ColdFigure figure : ColdFigure.values()) {
                text.append(' ')
                        .append(figure.text(Ratio.median(figures(side, figure))))
                        .append(" |");
            }
            text.append('\n');
        }
    }

    private void knobs(StringBuilder text) {
        text.append("\n## Knobs\n\n");
        knobs.forEach((name, value) -> text.append("- ")
                .append(name)
                .append(": ")
                .append(value.isEmpty() ? "–" : "`" + value + "`")
                .append('\n'));
        for (Side side : sides) {
            text.append("- side ").append(side.name()).append(": `");
            side.environment()
                    .forEach((name, value) ->
                            text.append(name).append('=').append(value).append(' '));
            text.append(String.join(" ", commands.getOrDefault(side.name(), List.of())))
                    .append('`');
            if (!side.jvm().isEmpty()) {
                text.append(" with JVM options `")
                        .append(String.join(" ", side.jvm()))
                        .append('`');
            }
            text.append('\n');
        }
    }

    private void raw(StringBuilder text) {
        text.append("\n## All lives, in the order in which they were lived\n\n");
        head(text, "| side | pair | refused | errors | unsent |");
        for (ColdRun run : runs) {
            text.append(String.format(
                    "| %s | %d | %d | %d | %d |",
                    run.side(),
                    run.pair() + 1,
                    run.result().refused(),
                    run.result().failed(),
                    run.result().unsent()));
            for (ColdFigure figure : ColdFigure.values()) {
                text.append(' ').append(figure.text(figure.of(run))).append(" |");
            }
            text.append('\n');
        }
    }

    Map<String, Object> map() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("knobs", knobs);
        map.put("commands", commands);
        List<Object> ratios = new ArrayList<>();
        for (Side side : sides.subList(1, sides.size())) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("side", side.name());
            for (ColdFigure figure : ColdFigure.values()) {
                Ratio ratio = ratio(side, figure);
                row.put(figure.title(), List.of(ratio.median(), ratio.least(), ratio.most()));
            }
            ratios.add(row);
        }
        map.put("ratios", ratios);
        map.put("runs", runs.stream().map(ColdRun::map).toList());
        return map;
    }
}
