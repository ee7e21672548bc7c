package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.metastore.measure.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextFamiliesTest {
    /// As etcd 3.7.3 writes them.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0001",
                "0.0002",
                "0.001",
                "0.256",
                "0.512",
                "8.192",
                "52.4288",
                "1",
                "128",
                "524288",
                "1.048576e+06",
                "8.388608e+06",
                "0.5",
                "163.84"
            })
    void boundsAreWrittenAsGoWritesThem(String written) {
        assertEquals(written, TextFamilies.bound(Double.parseDouble(written)));
    }

    @Test
    void bucketsAreCumulative() {
        Histogram histogram = Histogram.ofSeconds(1_000_000, 2);
        histogram.record(1_000_000);
        histogram.record(1_500_000);
        histogram.record(7_500_000);
        TextFamilies families = new TextFamilies();
        families.family("took", "histogram", "Time.", lines -> lines.histogram("a=\"b\"", histogram));
        StringBuilder text = new StringBuilder();
        families.appendTo(text);
        assertEquals("""
                # HELP took Time.
                # TYPE took histogram
                took_bucket{a="b",le="0.001"} 1
                took_bucket{a="b",le="0.002"} 2
                took_bucket{a="b",le="+Inf"} 3
                took_sum{a="b"} 0.01
                took_count{a="b"} 3
                """, text.toString());
    }
}
