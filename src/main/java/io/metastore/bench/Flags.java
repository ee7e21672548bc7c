package io.metastore.bench;

import io.metastore.client.UsageException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// The values of a command line, checked against the flags that the command knows.
///
/// Understands `--name value`, `--name=value` and switches. Every fault is a [UsageException] that names the
/// flag.
final class Flags {
    private final Map<String, Flag> known = new LinkedHashMap<>();
    private final Map<String, List<String>> given = new LinkedHashMap<>();

    private Flags(List<Flag> flags) {
        flags.forEach(flag -> known.put(flag.name(), flag));
    }

    static Flags parse(List<String> args, List<Flag> flags) {
        Flags parsed = new Flags(flags);
        int next = 0;
        while (next < args.size()) {
            String word = args.get(next++);
            if (!word.startsWith("--")) {
                throw new UsageException("unexpected argument '" + word + "'; flags begin with --");
            }
            int equals = word.indexOf('=');
            String name = equals < 0 ? word.substring(2) : word.substring(2, equals);
            Flag flag = parsed.flag(name);
            String value;
            if (equals >= 0) {
                value = word.substring(equals + 1);
            } else if (flag.isSwitch()) {
                value = "true";
            } else if (next < args.size()) {
                value = args.get(next++);
            } else {
                throw new UsageException("--" + name + " needs a value: " + flag.placeholder());
            }
            parsed.given.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
        }
        return parsed;
    }

    private Flag flag(String name) {
        Flag flag = known.get(name);
        if (flag == null) {
            throw new UsageException("unknown flag --" + name
                    + Nearest.to(name, known.keySet())
                            .map(near -> "; the nearest is --" + near)
                            .orElse(""));
        }
        return flag;
    }

    boolean has(String name) {
        return given.containsKey(name);
    }

    /// All values of a flag that may be repeated; empty when it is not given.
    List<String> all(String name) {
        return given.getOrDefault(name, List.of());
    }

    /// The last value given, else the flag's initial value.
    String text(String name) {
        List<String> values = given.get(name);
        return values == null ? known.get(name).initial() : values.getLast();
    }

    boolean on(String name) {
        return switch (text(name)) {
            case "true" -> true;
            case "false", "" -> false;
            default -> throw bad(name, "true or false");
        };
    }

    /// A whole number within the limits, both included; `k` and `m` behind it mean thousands and millions.
    long number(String name, long least, long most) {
        String text = text(name).replace("_", "");
        long unit = 1;
        if (text.endsWith("k")) {
            unit = 1_000;
        } else if (text.endsWith("m")) {
            unit = 1_000_000;
        }
        try {
            long value =
                    Math.multiplyExact(Long.parseLong(unit == 1 ? text : text.substring(0, text.length() - 1)), unit);
            if (value < least || value > most) {
                throw bad(name, "a number from " + least + " to " + most);
            }
            return value;
        } catch (NumberFormatException | ArithmeticException e) {
            throw bad(name, "a number from " + least + " to " + most);
        }
    }

    int count(String name, int least, int most) {
        return (int) number(name, least, most);
    }

    double ratio(String name) {
        try {
            double value = Double.parseDouble(text(name));
            if (value >= 0 && value <= 1) {
                return value;
            }
            throw bad(name, "a number from 0 to 1");
        } catch (NumberFormatException e) {
            throw bad(name, "a number from 0 to 1");
        }
    }

    /// A length of time: `250ms`, `10s`, `2m`.
    Duration time(String name) {
        return duration(text(name)).orElseThrow(() -> bad(name, "a time such as 500ms, 10s or 2m"));
    }

    String oneOf(String name, List<String> choices) {
        String value = text(name);
        if (!choices.contains(value)) {
            throw bad(name, "one of " + String.join(", ", choices));
        }
        return value;
    }

    UsageException bad(String name, String wanted) {
        return new UsageException("--" + name + " is '" + text(name) + "', but must be " + wanted);
    }

    /// Every flag with the value in force, for the report.
    Map<String, String> inForce() {
        Map<String, String> values = new LinkedHashMap<>();
        known.keySet().forEach(name -> values.put(name, has(name) ? String.join(" ", all(name)) : text(name)));
        return values;
    }

    static Optional<Duration> duration(String text) {
        var match = Pattern.compile("(\\d{1,9})(ms|s|m)").matcher(text);
        if (!match.matches()) {
            return Optional.empty();
        }
        long amount = Long.parseLong(match.group(1));
        return Optional.of(
                switch (match.group(2)) {
                    case "ms" -> Duration.ofMillis(amount);
                    case "s" -> Duration.ofSeconds(amount);
                    default -> Duration.ofMinutes(amount);
                });
    }
}
