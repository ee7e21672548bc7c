package io.metastore.replay;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import java.util.List;
import java.util.Map;

/// Shows what watchers were told.
final class Told {
    private static final int SHOWN = 4;
    private static final int WIDTH = 400;

    private Told() {}

    /// What one server's watchers were told from the first difference to another's on.
    static String differing(Map<Long, List<Object>> told, Map<Long, List<Object>> other) {
        StringBuilder text = new StringBuilder();
        told.forEach((id, sequence) -> {
            List<Object> theirs = other.getOrDefault(id, List.of());
            int same = 0;
            while (same < Math.min(sequence.size(), theirs.size())
                    && sequence.get(same).equals(theirs.get(same))) {
                same++;
            }
            if (same < Math.max(sequence.size(), theirs.size())) {
                text.append("watcher ")
                        .append(id)
                        .append(": ")
                        .append(sequence.size())
                        .append(" told, the first ");
                text.append(same).append(" equal, then\n");
                sequence.stream()
                        .skip(same)
                        .limit(SHOWN)
                        .forEach(one -> text.append("  ").append(line(one)).append('\n'));
            }
        });
        return text.isEmpty() ? "nothing that the other was not told" : text.toString();
    }

    private static String line(Object one) {
        String text = one instanceof Message message
                ? TextFormat.printer().emittingSingleLine(true).printToString(message)
                : one.toString();
        return text.length() <= WIDTH ? text : text.substring(0, WIDTH) + "...";
    }
}
