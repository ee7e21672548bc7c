package io.metastore.bench;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/// The ratios of the pairs of one figure: their median and their spread.
///
/// @param pairs  how many there were; the other figures are NaN when there was none
record Ratio(double median, double least, double most, int pairs) {
    /// Pairs each figure with the one of the same round of the reference. A pair without a figure (a zero
    /// below the line) is left out.
    static Ratio of(double[] figures, double[] reference) {
        double[] ratios = IntStream.range(0, Math.min(figures.length, reference.length))
                .filter(i -> reference[i] > 0)
                .mapToDouble(i -> figures[i] / reference[i])
                .sorted()
                .toArray();
        return ratios.length == 0
                ? new Ratio(Double.NaN, Double.NaN, Double.NaN, 0)
                : new Ratio(median(ratios), ratios[0], ratios[ratios.length - 1], ratios.length);
    }

    /// The middle one, or the mean of the two in the middle.
    static double median(double[] values) {
        if (values.length == 0) {
            return Double.NaN;
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// Whether the median lies within the limits, both included.
    boolean within(double low, double high) {
        return median >= low && median <= high;
    }

    @Override
    public String toString() {
        return pairs == 0 ? "–" : String.format(Locale.ROOT, "%.2f (%.2f–%.2f)", median, least, most);
    }
}
