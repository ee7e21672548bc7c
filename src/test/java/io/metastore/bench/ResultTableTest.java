package io.metastore.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ResultTableTest {
    /// 1 ms to 1,000 ms, one of each.
    private static RunResult thousand() {
        Tally tally = new Tally(List.of("put"));
        for (int millis = 1; millis <= 1_000; millis++) {
            tally.begun();
            tally.finished(0, Status.OK, TimeUnit.MILLISECONDS.toNanos(millis));
        }
        return new RunResult(
                tally.byKind(),
                TimeUnit.SECONDS.toNanos(2),
                TimeUnit.MILLISECONDS.toNanos(20),
                3,
                Map.of("UNKNOWN: no", 4L),
                5,
                0,
                Map.of(),
                Optional.empty());
    }

    @Test
    void theTableHasThePercentiles() {
        String[] lines = ResultTable.text(thousand()).split("\n", -1);
        String[] cells = lines[1].strip().split(" +", -1);
        assertEquals(List.of("put", "1,000", "500.0"), List.of(cells).subList(0, 3));
        double[] wanted = {500, 900, 990, 999, 1_000};
        for (int i = 0; i < wanted.length; i++) {
            assertEquals(wanted[i], Double.parseDouble(cells[3 + i]), wanted[i] * 0.002);
        }
        assertTrue(lines[2].startsWith(
                "2.00 s, refused 3, errors 4, unanswered 5, unsent 0; the driver's own CPU 20.0 µs"));
        assertEquals("  4 × UNKNOWN: no", lines[3]);
    }

    @Test
    void jsonHasTheSame() {
        String json = Json.write(ResultTable.map(thousand()));
        assertTrue(json.contains("\"callsPerSecond\": 500.0"), json);
        assertTrue(json.contains("\"p99.9\": "), json);
        assertTrue(json.contains("\"UNKNOWN: no\": 4"), json);
        assertTrue(json.contains("\"aborted\": null"), json);
    }

    @Test
    void jsonEscapesText() {
        assertEquals(
                "{\n  \"a\\\"b\": [\n    \"\\\\\\n\\u0001\",\n    null\n  ]\n}\n",
                Json.write(Map.of("a\"b", Arrays.asList("\\\n\u0001", null))));
    }
}
