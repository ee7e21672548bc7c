package io.metastore.server;

import io.metastore.measure.Histogram;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/// Metrics whose names must be etcd's to the letter, written as text in Prometheus' format 0.0.4.
///
/// Micrometer and the Prometheus client have conventions of their own, which some of etcd's names break:
/// gauges that end in `_total`, counters that do not. Here a family is called exactly what it is registered as.
public final class TextFamilies {
    private final Map<String, Family> families = new LinkedHashMap<>();

    private record Family(String type, String help, Consumer<Lines> source) {}

    /// Where a family writes its samples to.
    public static final class Lines {
        private final StringBuilder text;
        private final String name;

        private Lines(StringBuilder text, String name) {
            this.text = text;
            this.name = name;
        }

        /// One sample.
        ///
        /// @param labels written label pairs without braces, see [#labels]; empty for none
        public void sample(String labels, double value) {
            sample("", labels, value);
        }

        /// One sample of a histogram, with `suffix` behind the name of the family.
        public void sample(String suffix, String labels, double value) {
            text.append(name).append(suffix);
            if (!labels.isEmpty()) {
                text.append('{').append(labels).append('}');
            }
            text.append(' ').append(number(value)).append('\n');
        }

        /// All samples of a histogram.
        ///
        /// @param labels written label pairs without braces, without the bound; empty for none
        public void histogram(String labels, Histogram values) {
            String before = labels.isEmpty() ? "" : labels + ",";
            long count = 0;
            for (int i = 0; i < values.buckets(); i++) {
                count += values.countIn(i);
                sample("_bucket", before + "le=\"" + bound(values.bound(i)) + '"', count);
            }
            count += values.countIn(values.buckets());
            sample("_bucket", before + "le=\"+Inf\"", count);
            sample("_sum", labels, values.sum());
            sample("_count", labels, count);
        }
    }

    /// A bound as Go writes it, shortest first: dashboards and alerts name series by this text.
    static String bound(double value) {
        BigDecimal shortest = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        int exponent = shortest.precision() - shortest.scale() - 1;
        if ((exponent >= -4 && exponent < 6) || shortest.signum() == 0) {
            return shortest.toPlainString();
        }
        String digits = shortest.unscaledValue().toString();
        return digits.charAt(0) + (digits.length() > 1 ? "." + digits.substring(1) : "") + "e"
                + (exponent < 0 ? '-' : '+') + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }

    /// A histogram without labels.
    public void histogram(String name, String help, Histogram values) {
        family(name, "histogram", help, lines -> lines.histogram("", values));
    }

    public void gauge(String name, String help, DoubleSupplier value) {
        family(name, "gauge", help, lines -> lines.sample("", value.getAsDouble()));
    }

    public void counter(String name, String help, DoubleSupplier value) {
        family(name, "counter", help, lines -> lines.sample("", value.getAsDouble()));
    }

    /// @param type   gauge, counter or histogram
    /// @param source writes the samples at each scrape; may wait for a lock, not for long
    public void family(String name, String type, String help, Consumer<Lines> source) {
        if (families.putIfAbsent(name, new Family(type, help, source)) != null) {
            throw new IllegalArgumentException("two families of metrics called " + name);
        }
    }

    public Set<String> names() {
        return families.keySet();
    }

    void appendTo(StringBuilder text) {
        families.forEach((name, family) -> {
            text.append("# HELP ").append(name).append(' ').append(family.help).append('\n');
            text.append("# TYPE ").append(name).append(' ').append(family.type).append('\n');
            family.source.accept(new Lines(text, name));
        });
    }

    /// Label pairs as they are written, from names and values in turn.
    public static String labels(String... namesAndValues) {
        List<String> pairs = new ArrayList<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            pairs.add(namesAndValues[i] + "=\"" + escaped(namesAndValues[i + 1]) + "\"");
        }
        return String.join(",", pairs);
    }

    private static String escaped(String value) {
        return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }

    private static String number(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            return Long.toString((long) value);
        }
        if (Double.isNaN(value)) {
            return "NaN";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "+Inf" : "-Inf";
        }
        return String.format(Locale.ROOT, "%s", value);
    }
}
