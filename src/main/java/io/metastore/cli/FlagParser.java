package io.metastore.cli;

import io.metastore.cli.Layer.Place;
import io.metastore.server.ConfigKey;
import io.metastore.server.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Reads a command line the way Go programs, and so etcd, do: `--name x`, `--name=x`, one dash or two, a
/// switch alone or
/// with `=false`; the last of several wins.
final class FlagParser {
    private static final String CONFIG_FILE = "config-file";

    private final Intake intake;
    private final List<String> arguments;
    private int next;
    private boolean help;
    private boolean version;
    private Optional<String> configFile = Optional.empty();

    private FlagParser(List<String> arguments, Intake intake) {
        this.arguments = arguments;
        this.intake = intake;
    }

    /// What a command line asks for besides settings, which went into the intake.
    record Asked(boolean help, boolean version, Optional<String> configFile) {}

    static Asked parse(List<String> arguments, Intake intake) {
        FlagParser parser = new FlagParser(arguments, intake);
        while (parser.next < arguments.size()) {
            parser.argument(arguments.get(parser.next++));
        }
        return new Asked(parser.help, parser.version, parser.configFile);
    }

    /// All names that may stand behind dashes.
    static List<String> names() {
        List<String> names = new ArrayList<>(EtcdFlag.all().keySet());
        ConfigKey.all().forEach(key -> names.add(key.flag().substring(2)));
        names.add("help");
        return names;
    }

    private void argument(String argument) {
        if (argument.startsWith("-D") && argument.indexOf('=') > 2) {
            property(argument);
            return;
        }
        String name =
                argument.startsWith("--") ? argument.substring(2) : argument.substring(Math.min(1, argument.length()));
        if (!argument.startsWith("-") || name.isEmpty() || name.startsWith("-") || name.startsWith("=")) {
            stray(argument);
            return;
        }
        Optional<String> value = Optional.empty();
        int equals = name.indexOf('=');
        if (equals > 0) {
            value = Optional.of(name.substring(equals + 1));
            name = name.substring(0, equals);
        }
        switch (name) {
            case "help", "h" -> help = true;
            case "version" ->
                version = value.map(text -> Kind.SWITCH.canonical(text).equals("true"))
                        .orElse(true);
            default -> flag(name, value);
        }
    }

    private void flag(String name, Optional<String> attached) {
        if (!Intake.isKnown(name)) {
            unknown(name);
            if (attached.isEmpty()
                    && next < arguments.size()
                    && !arguments.get(next).startsWith("-")) {
                next++; // probably its value: one objection is enough
            }
            return;
        }
        String value;
        if (attached.isPresent()) {
            value = attached.get();
        } else if (Intake.isSwitch(name)) {
            value = "true";
        } else if (next < arguments.size() && !arguments.get(next).startsWith("--")) {
            value = arguments.get(next++);
        } else {
            intake.problem("--" + name + " needs a value");
            return;
        }
        if (name.equals(CONFIG_FILE)) {
            configFile = Optional.of(value).filter(file -> !file.isEmpty());
        } else {
            intake.take(Place.COMMAND_LINE, name, value, "--" + name);
        }
    }

    /// `-Dkey=value` behind the program's name means what it means before it.
    private void property(String argument) {
        int equals = argument.indexOf('=');
        String name = argument.substring(2, equals);
        String value = argument.substring(equals + 1);
        if (!name.startsWith(ConfigKey.PREFIX)) {
            System.setProperty(name, value);
        } else if (Intake.key(name).isPresent()) {
            intake.take(Place.SYSTEM_PROPERTIES, name, value, "-D" + name);
        } else {
            intake.problem("unknown key -D" + name + nearest(name, "; the nearest known is -D"));
        }
    }

    private void unknown(String name) {
        String plain = name.startsWith("experimental-") ? name.substring("experimental-".length()) : name;
        intake.problem("unknown flag --" + name + nearest(plain, "; the nearest known is --"));
    }

    private void stray(String argument) {
        String before = next >= 2 ? arguments.get(next - 2) : "";
        boolean behindSwitch = before.startsWith("-") && Intake.isSwitch(before.replaceFirst("^--?", ""));
        intake.problem(
                "\"" + argument + "\" is not a flag" + (behindSwitch ? ": write " + before + "=" + argument : ""));
    }

    private static String nearest(String name, String introduction) {
        return Nearest.to(name, names())
                .or(() -> Nearest.to(ConfigKey.PREFIX + name, names()))
                .map(known -> introduction + known)
                .orElse("");
    }
}
