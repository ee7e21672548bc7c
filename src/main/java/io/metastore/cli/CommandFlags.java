package io.metastore.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The flags of a subcommand that has few, such as `metastore log show`: `--name value` or `--name=value`, switches
/// alone.
final class CommandFlags {
    private final Map<String, String> given = new HashMap<>();

    private CommandFlags() {}

    /// A command line that asks for what cannot be; the message says what to type instead.
    static final class Refused extends RuntimeException {
        Refused(String message) {
            super(message, null, false, false);
        }
    }

    /// Whether a command line asks what the command does.
    static boolean askForHelp(List<String> words) {
        return words.contains("--help")
                || words.contains("-h")
                || (!words.isEmpty() && words.getFirst().equals("help"));
    }

    /// What is said of a word behind a subcommand that has words of its own.
    ///
    /// @param known those that it has, at least one
    static Refused unknownWord(String subcommand, String word, List<String> known) {
        return new Refused("unknown subcommand \"" + subcommand + " " + word + "\""
                + Nearest.to(word, known)
                        .map(near -> "; the nearest known is \"" + subcommand + " " + near + "\"")
                        .orElseGet(() -> "; known are "
                                + known.stream()
                                        .map(one -> subcommand + " " + one)
                                        .collect(Collectors.joining(" and "))));
    }

    /// @param valued   names of the flags with a value
    /// @param switches names of those without
    /// @throws Refused when the words are none of these
    static CommandFlags parse(List<String> words, Set<String> valued, Set<String> switches) {
        CommandFlags flags = new CommandFlags();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (!word.startsWith("--")) {
                throw new Refused("\"" + word + "\" is not a flag");
            }
            int equals = word.indexOf('=');
            String name = word.substring(2, equals < 0 ? word.length() : equals);
            if (switches.contains(name) && equals < 0) {
                flags.put(name, "");
            } else if (!valued.contains(name)) {
                throw new Refused(unknown(name, equals >= 0 && switches.contains(name), valued, switches));
            } else if (equals < 0 && i + 1 == words.size()) {
                throw new Refused("--" + name + " needs a value");
            } else {
                flags.put(name, equals < 0 ? words.get(++i) : word.substring(equals + 1));
            }
        }
        return flags;
    }

    private static String unknown(String name, boolean isSwitch, Set<String> valued, Set<String> switches) {
        if (isSwitch) {
            return "--" + name + " takes no value";
        }
        List<String> known =
                Stream.concat(valued.stream(), switches.stream()).sorted().toList();
        return "unknown flag --" + name
                + Nearest.to(name, known)
                        .map(near -> "; the nearest known is --" + near)
                        .orElse("; known are --" + String.join(", --", known));
    }

    private void put(String name, String value) {
        if (given.put(name, value) != null) {
            throw new Refused("--" + name + " is given twice");
        }
    }

    boolean has(String name) {
        return given.containsKey(name);
    }

    /// @throws Refused when the flag is not given, or empty
    String text(String name) {
        String value = given.getOrDefault(name, "");
        if (value.isEmpty()) {
            throw new Refused("--" + name + " is missing");
        }
        return value;
    }

    String textOr(String name, String other) {
        return given.getOrDefault(name, other);
    }

    /// A number that counts from 1, such as an index, a term, a port.
    long number(String name) {
        return parsed(name, "a whole number from 1 on", text -> {
            long number = Long.parseLong(text);
            if (number < 1) {
                throw new NumberFormatException(text);
            }
            return number;
        });
    }

    long numberOr(String name, long other) {
        return has(name) ? number(name) : other;
    }

    int checksum(String name) {
        return parsed(name, "eight digits 0-9 and a-f, as 'metastore log show' prints them", text -> {
            if (text.length() != 8) {
                throw new NumberFormatException(text);
            }
            return Integer.parseUnsignedInt(text, 16);
        });
    }

    private <T> T parsed(String name, String form, Function<String, T> parse) {
        String text = text(name);
        try {
            return parse.apply(text);
        } catch (NumberFormatException _) {
            throw new Refused("--" + name + ": \"" + text + "\" is not " + form);
        }
    }
}
