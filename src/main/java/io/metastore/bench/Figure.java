package io.metastore.bench;

import java.util.Locale;
import java.util.function.ToDoubleFunction;

/// A figure of a round that is compared between sides.
enum Figure {
    THROUGHPUT("calls/s", Round::perSecond, "%,.0f"),
    P50("p50 ms", round -> round.millis(50), "%.2f"),
    P99("p99 ms", round -> round.millis(99), "%.2f"),
    CPU("server CPU µs/op", round -> round.cpuMicros(round.during()), "%.1f"),
    CPU_WITH_IDLE("CPU µs/op with idle time", round -> round.cpuMicros(round.untilNext()), "%.1f"),
    RSS("peak RSS MiB", round -> round.during().peakRssBytes() / 1048576.0, "%,.0f"),
    WRITTEN("bytes written/op", round -> round.bytesPerCall(round.untilNext()), "%,.0f");

    private final String title;
    /// Each is a function without state.
    @SuppressWarnings("ImmutableEnumChecker")
    private final ToDoubleFunction<Round> value;

    private final String format;

    Figure(String title, ToDoubleFunction<Round> value, String format) {
        this.title = title;
        this.value = value;
        this.format = format;
    }

    String title() {
        return title;
    }

    double of(Round round) {
        return value.applyAsDouble(round);
    }

    String text(double number) {
        return Double.isNaN(number) ? "–" : String.format(Locale.ROOT, format, number);
    }
}
