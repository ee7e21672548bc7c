package io.metastore.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// Makes a failing history short: leaves out steps, then entries, then commands, as long as it still fails.
final class HistoryShrinker {
    private final Predicate<List<HistoryStep>> fails;
    private final long deadline;

    HistoryShrinker(Predicate<List<HistoryStep>> fails, long nanos) {
        this.fails = fails;
        this.deadline = System.nanoTime() + nanos;
    }

    List<HistoryStep> shrink(List<HistoryStep> failing) {
        List<HistoryStep> steps = without(failing, fails);
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i) instanceof HistoryStep.Apply apply) {
                steps = entries(steps, i, apply);
            }
        }
        return steps;
    }

    private List<HistoryStep> entries(List<HistoryStep> steps, int at, HistoryStep.Apply apply) {
        List<HistoryStep.Entry> entries = without(
                apply.entries(), fewer -> !fewer.isEmpty() && fails.test(with(steps, at, fewer, apply.limits())));
        for (int i = 0; i < entries.size(); i++) {
            int position = i;
            HistoryStep.Entry entry = entries.get(i);
            List<HistoryStep.Entry> now = new ArrayList<>(entries);
            List<Command<?>> commands = without(new ArrayList<Command<?>>(entry.commands()), fewer -> {
                now.set(position, new HistoryStep.Entry(entry.index(), fewer, entry.answered(), entry.batching()));
                return !fewer.isEmpty() && fails.test(with(steps, at, now, apply.limits()));
            });
            now.set(i, new HistoryStep.Entry(entry.index(), commands, entry.answered(), entry.batching()));
            entries = now;
        }
        return with(steps, at, entries, apply.limits());
    }

    private static List<HistoryStep> with(
            List<HistoryStep> steps, int at, List<HistoryStep.Entry> entries, ChunkLimits limits) {
        List<HistoryStep> changed = new ArrayList<>(steps);
        changed.set(at, new HistoryStep.Apply(List.copyOf(entries), limits));
        return changed;
    }

    /// Leaves out ever smaller pieces.
    private <T> List<T> without(List<T> all, Predicate<List<T>> stillFails) {
        List<T> kept = new ArrayList<>(all);
        for (int piece = Math.max(1, kept.size() / 2); piece >= 1; piece /= 2) {
            for (int from = kept.size() - piece; from >= 0 && System.nanoTime() < deadline; from -= piece) {
                List<T> fewer = new ArrayList<>(kept.subList(0, from));
                fewer.addAll(kept.subList(Math.min(kept.size(), from + piece), kept.size()));
                if (stillFails.test(fewer)) {
                    kept = fewer;
                }
                from = Math.min(from, kept.size());
            }
        }
        return kept;
    }
}
