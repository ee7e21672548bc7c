package io.metastore.server;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How people write sizes and durations in a configuration, read and printed.
public final class Quantities {
    private static final Pattern SIZE = Pattern.compile("(-?[0-9]+(?:\\.[0-9]+)?) ?([A-Za-z]*)");
    private static final Pattern SPAN = Pattern.compile("([0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)");
    private static final Map<String, Long> SIZE_UNITS = Map.ofEntries(
            Map.entry("", 1L),
            Map.entry("b", 1L),
            Map.entry("k", 1L << 10),
            Map.entry("ki", 1L << 10),
            Map.entry("kib", 1L << 10),
            Map.entry("kb", 1_000L),
            Map.entry("m", 1L << 20),
            Map.entry("mi", 1L << 20),
            Map.entry("mib", 1L << 20),
            Map.entry("mb", 1_000_000L),
            Map.entry("g", 1L << 30),
            Map.entry("gi", 1L << 30),
            Map.entry("gib", 1L << 30),
            Map.entry("gb", 1_000_000_000L),
            Map.entry("t", 1L << 40),
            Map.entry("ti", 1L << 40),
            Map.entry("tib", 1L << 40),
            Map.entry("tb", 1_000_000_000_000L));

    private Quantities() {}

    /// Bytes. `64MiB`, `64Mi` and `64m` are the same, `64MB` is 64 million, a bare number counts bytes.
    ///
    /// @throws IllegalArgumentException when it is no size or does not fit 63 bits
    public static long bytes(String text) {
        Matcher matcher = SIZE.matcher(text.strip());
        Long unit = matcher.matches() ? SIZE_UNITS.get(matcher.group(2).toLowerCase(Locale.ROOT)) : null;
        if (unit == null) {
            throw new IllegalArgumentException("is not a size (write 67108864, 64MiB or 64m)");
        }
        try {
            return new BigDecimal(matcher.group(1))
                    .multiply(BigDecimal.valueOf(unit))
                    .longValueExact();
        } catch (ArithmeticException notWhole) {
            throw new IllegalArgumentException("is not a whole number of bytes below 2^63", notWhole);
        }
    }

    /// A duration as Go prints it (`1h30m`, `1.5s`, `100ms`) or in ISO form (`PT1M`); a bare `0` too.
    ///
    /// @throws IllegalArgumentException when it is no duration or longer than 292 years
    public static Duration duration(String text) {
        String stripped = text.strip();
        boolean negative = stripped.startsWith("-");
        String unsigned = negative || stripped.startsWith("+") ? stripped.substring(1) : stripped;
        Duration magnitude;
        if (unsigned.equals("0")) {
            magnitude = Duration.ZERO;
        } else if (unsigned.startsWith("P") || unsigned.startsWith("p")) {
            magnitude = isoDuration(unsigned);
        } else {
            magnitude = goDuration(unsigned);
        }
        return negative ? magnitude.negated() : magnitude;
    }

    /// As {@link #duration}, but a bare number means milliseconds, as etcd's heartbeat and election flags do.
    public static Duration durationOrMillis(String text) {
        String stripped = text.strip();
        return stripped.matches("[0-9]{1,12}") ? Duration.ofMillis(Long.parseLong(stripped)) : duration(stripped);
    }

    /// The size in the largest binary unit that divides it.
    public static String printBytes(long bytes) {
        String[] units = {"TiB", "GiB", "MiB", "KiB"};
        for (int i = 0; i < units.length; i++) {
            int shift = 40 - 10 * i;
            if (bytes != 0 && bytes % (1L << shift) == 0) {
                return (bytes >> shift) + units[i];
            }
        }
        return Long.toString(bytes);
    }

    private static Duration isoDuration(String text) {
        try {
            return Duration.ofNanos(Duration.parse(text).toNanos());
        } catch (DateTimeParseException | ArithmeticException notOne) {
            throw new IllegalArgumentException("is not a duration (write 100ms, 1h30m or PT1M30S)", notOne);
        }
    }

    private static Duration goDuration(String text) {
        Matcher matcher = SPAN.matcher(text);
        BigDecimal nanos = BigDecimal.ZERO;
        int end = 0;
        while (end < text.length()) {
            if (!matcher.find(end) || matcher.start() != end) {
                throw new IllegalArgumentException("is not a duration (write 100ms, 1h30m or PT1M30S)");
            }
            String number = matcher.group(1);
            nanos = nanos.add(new BigDecimal(number.endsWith(".") ? number + "0" : number)
                    .multiply(BigDecimal.valueOf(nanosOf(matcher.group(2)))));
            end = matcher.end();
        }
        if (end == 0 || nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw new IllegalArgumentException("is not a duration (write 100ms, 1h30m or PT1M30S)");
        }
        return Duration.ofNanos(nanos.longValue());
    }

    private static long nanosOf(String unit) {
        return switch (unit) {
            case "ns" -> 1L;
            case "ms" -> 1_000_000L;
            case "s" -> 1_000_000_000L;
            case "m" -> 60_000_000_000L;
            case "h" -> 3_600_000_000_000L;
            default -> 1_000L;
        };
    }
}
