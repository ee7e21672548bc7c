package io.metastore.bench;

import java.io.PrintStream;
import java.util.function.Function;

/// A row of the comparison: a load, the same for every side.
///
/// @param name     as `--only` takes it
/// @param title    for people
/// @param clients  callers
/// @param rate     calls per second; 0 for a closed loop
/// @param counted  the kind of call that counts as an operation
/// @param prepare  builds the load on one side's connections, and what it reads
record Scenario(String name, String title, int clients, double rate, String counted, Preparation prepare) {
    /// What runs the rounds of one side.
    interface Preparation {
        Function<Driver.Phase, RunResult> on(Connections connections, PrintStream err);
    }
}
