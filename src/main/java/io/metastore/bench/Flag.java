package io.metastore.bench;

/// One flag of the command line.
///
/// @param name         without the leading dashes
/// @param placeholder  what stands for the value in the help text; empty for a switch, which takes no value
/// @param initial      the value when the flag is not given; empty for none
/// @param help         one line, with the unit
record Flag(String name, String placeholder, String initial, String help) {
    boolean isSwitch() {
        return placeholder.isEmpty();
    }

    String usage() {
        String left = "  --" + name + (isSwitch() ? "" : " " + placeholder);
        String shown = initial.isEmpty() || isSwitch() ? "" : " [" + initial + "]";
        return String.format("%-30s %s%s%n", left, help, shown);
    }
}
