package io.metastore.bench;

import java.util.Locale;
import java.util.function.ToDoubleFunction;

/// A figure of a cold run that is compared between sides.
enum ColdFigure {
    CPU_OF_CALLS("CPU of the calls, s", run -> run.loaded().cpuNanos() / 1e9, "%.2f"),
    CPU_OF_START("CPU of the start, s", run -> run.starting().cpuNanos() / 1e9, "%.2f"),
    CPU("CPU of both, s", run -> (run.starting().cpuNanos() + run.loaded().cpuNanos()) / 1e9, "%.2f"),
    READY("time to the first answer, s", run -> run.start().toNanos() / 1e9, "%.2f"),
    PUT("mean put, ms", run -> run.meanMillis("put"), "%.2f"),
    TXN("mean txn, ms", run -> run.meanMillis("txn"), "%.2f"),
    RANGE("mean range, ms", run -> run.meanMillis("range"), "%.2f"),
    RSS("peak RSS, MiB", run -> run.loaded().peakRssBytes() / 1048576.0, "%,.0f");

    private final String title;
    /// Each is a function without state.
    @SuppressWarnings("ImmutableEnumChecker")
    private final ToDoubleFunction<ColdRun> value;

    private final String format;

    ColdFigure(String title, ToDoubleFunction<ColdRun> value, String format) {
        this.title = title;
        this.value = value;
        this.format = format;
    }

    String title() {
        return title;
    }

    double of(ColdRun run) {
        return value.applyAsDouble(run);
    }

    String text(double number) {
        return Double.isNaN(number) ? "–" : String.format(Locale.ROOT, format, number);
    }
}
