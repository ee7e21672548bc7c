package io.metastore.bench;

import java.util.Iterator;
import java.util.Map;

/// Writes maps, lists, texts, numbers and truth values as JSON, indented by two.
public final class Json {
    private Json() {}

    public static String write(Object value) {
        StringBuilder out = new StringBuilder();
        write(out, value, "\n");
        return out.append('\n').toString();
    }

    private static void write(StringBuilder out, Object value, String margin) {
        switch (value) {
            case null -> out.append("null");
            case Map<?, ?> map -> object(out, map, margin);
            case Iterable<?> list -> array(out, list, margin);
            case Double number -> out.append(number(number));
            case Number number -> out.append(number);
            case Boolean truth -> out.append(truth);
            default -> quoted(out, value.toString());
        }
    }

    private static String number(double value) {
        return Double.isFinite(value) ? String.valueOf(value) : "null";
    }

    private static void object(StringBuilder out, Map<?, ?> map, String margin) {
        out.append('{');
        Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator();
        while (entries.hasNext()) {
            Map.Entry<?, ?> entry = entries.next();
            out.append(margin).append("  ");
            quoted(out, String.valueOf(entry.getKey()));
            out.append(": ");
            write(out, entry.getValue(), margin + "  ");
            out.append(entries.hasNext() ? "," : margin);
        }
        out.append('}');
    }

    private static void array(StringBuilder out, Iterable<?> list, String margin) {
        out.append('[');
        Iterator<?> items = list.iterator();
        while (items.hasNext()) {
            out.append(margin).append("  ");
            write(out, items.next(), margin + "  ");
            out.append(items.hasNext() ? "," : margin);
        }
        out.append(']');
    }

    private static void quoted(StringBuilder out, String text) {
        out.append('"');
        text.chars().forEach(c -> {
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                default -> {
                    if (c < ' ') {
                        out.append(String.format("\\u%04x", c));
                    } else {
                        out.append((char) c);
                    }
                }
            }
        });
        out.append('"');
    }
}
