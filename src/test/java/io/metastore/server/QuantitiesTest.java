package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantitiesTest {
    @ParameterizedTest
    @CsvSource({
        "0,0",
        "1572864,1572864",
        "64MiB,67108864",
        "64Mi,67108864",
        "64m,67108864",
        "64M,67108864",
        "64MB,64000000",
        "1.5MiB,1572864",
        "2 GiB,2147483648",
        "-1,-1",
        "1k,1024",
        "1TiB,1099511627776",
        "10b,10",
        "0x10000000,268435456",
        "1_000_000_000,1000000000",
        "0777,511"
    })
    void sizes(String text, long bytes) {
        assertEquals(bytes, Quantities.bytes(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "MiB", "64XiB", "1.3", "12 3", "0x", "08", "010MiBs", "99999999999TiB"})
    void notSizes(String text) {
        assertThrows(IllegalArgumentException.class, () -> Quantities.bytes(text));
    }

    @ParameterizedTest
    @CsvSource({
        "0,PT0S",
        "100ms,PT0.1S",
        "1h30m,PT1H30M",
        "1.5s,PT1.5S",
        ".5s,PT0.5S",
        "2h,PT2H",
        "10us,PT0.00001S",
        "10µs,PT0.00001S",
        "7ns,PT0.000000007S",
        "-1s,PT-1S",
        "+1s,PT1S",
        "1h2m3.5s,PT1H2M3.5S",
        "1us,PT0.000001S",
        "1µs,PT0.000001S",
        "1μs,PT0.000001S",
        "5.s,PT5S",
        "+0,PT0S",
        "-0,PT0S",
        "2562047h47m16.854775807s,PT2562047H47M16.854775807S",
        "PT1M30S,PT1M30S",
        "P1D,PT24H"
    })
    void durations(String text, Duration duration) {
        assertEquals(duration, Quantities.duration(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-",
                "5",
                "1d",
                "1h 30m",
                "ms",
                "1s2",
                "Ponies",
                "9999999999h",
                "1S",
                "1e3s",
                ".",
                "s",
                "1.2.3s",
                "1_0s",
                "0x1s",
                "1h-1m",
                "2562047h47m16.854775808s",
                "PT9999999999H"
            })
    void notDurations(String text) {
        assertThrows(IllegalArgumentException.class, () -> Quantities.duration(text));
    }

    @Test
    void aBareNumberOfTheRaftTimersIsMilliseconds() {
        assertEquals(Duration.ofMillis(150), Quantities.durationOrMillis("150"));
        assertEquals(Duration.ofSeconds(2), Quantities.durationOrMillis("2s"));
    }
}
