package io.metastore.replay;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// Makes a failing history short: leaves out steps, then parts of requests, as long as it still fails.
final class HistoryShrinker {
    /// What is left of a history that fails: itself, or less when steps behind the failure can go.
    private final Function<List<ReplayStep>, Optional<List<ReplayStep>>> failing;
    private final long deadline;

    HistoryShrinker(Function<List<ReplayStep>, Optional<List<ReplayStep>>> failing, long nanos) {
        this.failing = failing;
        this.deadline = System.nanoTime() + nanos;
    }

    List<ReplayStep> shrink(List<ReplayStep> whole) {
        List<ReplayStep> steps = without(whole);
        int before;
        do {
            before = size(steps);
            for (int i = 0; i < steps.size(); i++) {
                steps = simplified(steps, i);
            }
            steps = without(steps);
        } while (size(steps) < before && inTime());
        return steps;
    }

    private boolean inTime() {
        return System.nanoTime() < deadline;
    }

    private static int size(List<ReplayStep> steps) {
        return steps.stream()
                .mapToInt(
                        step -> 1 + (step.request() == null ? 0 : step.request().getSerializedSize()))
                .sum();
    }

    /// Leaves out ever smaller runs of steps; single ones until none can go.
    private List<ReplayStep> without(List<ReplayStep> all) {
        List<ReplayStep> kept = all;
        int piece = Math.max(1, kept.size() / 2);
        while (inTime()) {
            int before = kept.size();
            for (int from = 0; from < kept.size() && inTime(); ) {
                int to = Math.min(kept.size(), from + piece);
                List<ReplayStep> fewer = new ArrayList<>(kept.subList(0, from));
                fewer.addAll(kept.subList(to, kept.size()));
                Optional<List<ReplayStep>> left = failing.apply(fewer);
                kept = left.orElse(kept);
                from = left.isPresent() ? from : to;
            }
            if (piece == 1 && kept.size() == before) {
                return kept;
            }
            piece = Math.max(1, piece / 2);
        }
        return kept;
    }

    private List<ReplayStep> simplified(List<ReplayStep> steps, int at) {
        List<ReplayStep> simplest = steps;
        boolean simpler = true;
        while (simpler && inTime()) {
            simpler = false;
            ReplayStep step = simplest.get(at);
            for (Message candidate : step.request() == null ? List.<Message>of() : simpler(step.request())) {
                List<ReplayStep> changed = new ArrayList<>(simplest);
                changed.set(at, step.with(candidate));
                Optional<List<ReplayStep>> left = inTime() ? failing.apply(changed) : Optional.empty();
                if (left.isPresent() && at < left.get().size()) {
                    simplest = left.get();
                    simpler = true;
                    break;
                }
            }
        }
        return simplest;
    }

    /// The message with one thing less, for every such thing: a field, an element of a list, or one within.
    static List<Message> simpler(Message message) {
        List<Message> all = new ArrayList<>();
        for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
            FieldDescriptor field = entry.getKey();
            all.add(message.toBuilder().clearField(field).build());
            if (field.isRepeated()) {
                List<?> elements = (List<?>) entry.getValue();
                for (int i = 0; i < elements.size(); i++) {
                    List<Object> fewer = new ArrayList<>(elements);
                    fewer.remove(i);
                    all.add(message.toBuilder().setField(field, fewer).build());
                    if (elements.get(i) instanceof Message inner) {
                        for (Message less : simpler(inner)) {
                            all.add(message.toBuilder()
                                    .setRepeatedField(field, i, less)
                                    .build());
                        }
                    }
                }
            } else if (entry.getValue() instanceof Message inner) {
                simpler(inner)
                        .forEach(less -> all.add(
                                message.toBuilder().setField(field, less).build()));
            }
        }
        return all;
    }
}
