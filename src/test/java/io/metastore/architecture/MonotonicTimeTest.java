package io.metastore.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Leases, time limits and pauses run on the clock that nobody sets. The time of day is read in few places,
/// where a time of day is what is wanted.
class MonotonicTimeTest {
    private static final Path MAIN = Path.of("src", "main", "java", "io", "metastore");
    private static final Pattern TIME_OF_DAY = Pattern.compile(
            "currentTimeMillis|\\b(Instant|LocalDate|LocalDateTime|ZonedDateTime|OffsetDateTime)\\.now\\(|Clock\\.system"
                    + "|new Date\\(\\)|Calendar\\.getInstance");

    /// Validity of a certificate; the header Date; when a benchmark was run; the metric of when a compaction was; the
    /// id of
    /// a member that is added, which is drawn before it is proposed (CLU-03).
    private static final Set<String> WANTED = Set.of(
            "server/tls/SelfSigned.java",
            "api/http/HttpResponse.java",
            "bench/CompareCommand.java",
            "service/CompactionLoop.java",
            "server/Serving.java",
            "server/TokenConfig.java");

    @Test
    void theTimeOfDayDecidesNothing() throws IOException {
        List<Path> sources;
        try (Stream<Path> files = Files.walk(MAIN)) {
            sources = files.filter(file -> file.toString().endsWith(".java")).toList();
        }
        assertTrue(sources.size() > 100, "sources: " + sources.size());
        Set<String> found = new TreeSet<>();
        for (Path source : sources) {
            if (TIME_OF_DAY.matcher(Files.readString(source)).find()) {
                found.add(MAIN.relativize(source).toString());
            }
        }
        assertEquals(new TreeSet<>(WANTED), found);
    }
}
