package io.metastore.server;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How people write numbers, sizes and durations in a configuration, read and printed.
public final class Quantities {
    /// Groups: the sign, then the digits in base 16, 2, 8 (two spellings) and 10. Underscores stand between digits,
    /// and the prefix of a base counts as one.
    private static final Pattern INTEGER = Pattern.compile("([+-]?)(?:0[xX]((?:_?[0-9a-fA-F])+)|0[bB]((?:_?[01])+)"
            + "|0[oO]((?:_?[0-7])+)|0((?:_?[0-7])+)|(0|[1-9](?:_?[0-9])*))");
    private static final int[] BASES = {16, 2, 8, 8, 10};
    private static final BigInteger UNSIGNED_MAX = BigInteger.TWO.pow(64).subtract(BigInteger.ONE);
    private static final BigInteger SIGNED_MAX = BigInteger.valueOf(Long.MAX_VALUE);
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

    /// A whole number as Go's flags take it: `1000`, `1_000`, `0x3e8`, `0o1750` and, with a zero in front, also
    /// `01750` are the same. What fits 64 bits without a sign only, as etcd's snapshot-count may, is the largest
    /// number there is.
    ///
    /// @throws IllegalArgumentException when it is none or does not fit
    public static long integer(String text) {
        Matcher matcher = INTEGER.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "is not a whole number (write 1000, 1_000 or 0x3e8; a 0 in front makes it" + " octal)");
        }
        BigInteger number = BigInteger.ZERO;
        for (int i = 0; i < BASES.length; i++) {
            if (matcher.group(i + 2) != null) {
                number = new BigInteger(matcher.group(i + 2).replace("_", ""), BASES[i]);
            }
        }
        if (matcher.group(1).equals("-")) {
            number = number.negate();
        }
        if (number.bitLength() > 63 && number.signum() > 0 && number.compareTo(UNSIGNED_MAX) <= 0) {
            number = SIGNED_MAX;
        }
        if (number.bitLength() > 63) {
            throw new IllegalArgumentException("does not fit 64 bits");
        }
        return number.longValueExact();
    }

    /// Bytes. `64MiB`, `64Mi` and `64m` are the same, `64MB` is 64 million, a bare number counts bytes and is read
    /// as [#integer].
    ///
    /// @throws IllegalArgumentException when it is no size or does not fit 63 bits
    public static long bytes(String text) {
        String stripped = text.strip();
        if (INTEGER.matcher(stripped).matches()) {
            return integer(stripped);
        }
        Matcher matcher = SIZE.matcher(stripped);
        Long unit = matcher.matches() ? SIZE_UNITS.get(matcher.group(2).toLowerCase(Locale.ROOT)) : null;
        if (unit == null || matcher.group(2).isEmpty()) {
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
        if (!INTEGER.matcher(stripped).matches()) {
            return duration(stripped);
        }
        long millis = integer(stripped);
        if (millis > Long.MAX_VALUE / 1_000_000 || millis < Long.MIN_VALUE / 1_000_000) {
            throw new IllegalArgumentException("is longer than 292 years");
        }
        return Duration.ofMillis(millis);
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
