package io.metastore.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// `.ci/audit` finds what an OSV server knows, forgives what SECURITY.md names, and never passes off a server that it
/// cannot ask as a clean answer.
class AuditIT {
    private static final Pattern QUERY = Pattern.compile("\"name\":\"([^\"]+)\"");
    private static final String AFFECTED = "org.rocksdb:rocksdbjni";

    private HttpServer osv;
    private String aliases = "";
    private boolean isAffected;
    private boolean losesAnswers;

    private record Result(int status, String text) {}

    @BeforeEach
    void start() throws IOException {
        osv = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        osv.createContext("/v1/querybatch", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            answer(exchange, results(body));
        });
        osv.createContext(
                "/v1/vulns/",
                exchange -> answer(exchange, "{\"id\":\"GHSA-aaaa-bbbb-cccc\",\"aliases\":[" + aliases + "]}"));
        osv.start();
    }

    @AfterEach
    void stop() {
        osv.stop(0);
    }

    private static void answer(HttpExchange exchange, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private String results(String queries) {
        StringBuilder results = new StringBuilder();
        Matcher query = QUERY.matcher(queries);
        while (query.find()) {
            results.append(results.isEmpty() ? "" : ",")
                    .append(
                            isAffected && query.group(1).equals(AFFECTED)
                                    ? "{\"vulns\":[{\"id\":\"GHSA-aaaa-bbbb-cccc\",\"modified\":\"2026-01-01T00:00:00Z\"}]}"
                                    : "{}");
        }
        return "{\"results\":[" + (losesAnswers ? "{}" : results) + "]}";
    }

    private Result audit() throws Exception {
        ProcessBuilder audit = new ProcessBuilder(".ci/audit").redirectErrorStream(true);
        audit.environment().put("JAVA_HOME", System.getProperty("java.home"));
        audit.environment()
                .put("OSV_URL", "http://127.0.0.1:" + osv.getAddress().getPort());
        Process process = audit.start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), text);
    }

    @Test
    void asksAboutEveryLibraryAndIsContentWithoutFindings() throws Exception {
        int libraries = Files.readAllLines(Path.of("target", "quarkus-app", "quarkus-app-dependencies.txt"))
                .size();

        Result result = audit();

        assertEquals(0, result.status(), result.text());
        assertTrue(result.text().contains(libraries + " libraries asked about"), result.text());
        assertTrue(result.text().contains("0 findings open, 0 named"), result.text());
    }

    @Test
    void failsOnAFindingThatNobodyNamed() throws Exception {
        isAffected = true;
        aliases = "\"CVE-1999-0001\"";

        Result result = audit();

        assertEquals(1, result.status(), result.text());
        assertTrue(
                result.text()
                        .lines()
                        .anyMatch(line -> line.startsWith("OPEN  " + AFFECTED + " ")
                                && line.endsWith("GHSA-aaaa-bbbb-cccc CVE-1999-0001")),
                result.text());
    }

    @Test
    void forgivesAFindingThatTheSecurityPageNames() throws Exception {
        isAffected = true;
        Matcher named = Pattern.compile("CVE-\\d+-\\d+").matcher(Files.readString(Path.of("SECURITY.md")));
        assertTrue(named.find());
        aliases = "\"" + named.group() + "\"";

        Result result = audit();

        assertEquals(0, result.status(), result.text());
        assertTrue(result.text().contains("0 findings open, 1 named"), result.text());

        // A name that only begins alike is another finding.
        aliases = "\"" + named.group().substring(0, named.group().length() - 1) + "\"";
        assertEquals(1, audit().status());
    }

    @Test
    void saysThatNothingWasCheckedWhenItCannotAsk() throws Exception {
        osv.stop(0);

        Result result = audit();

        assertEquals(0, result.status(), result.text());
        assertTrue(result.text().contains("SKIPPED"), result.text());
        assertTrue(result.text().contains("none of"), result.text());
    }

    @Test
    void failsOnAnAnswerThatIsNotWhole() throws Exception {
        losesAnswers = true;

        Result result = audit();

        assertEquals(2, result.status(), result.text());
        assertEquals(
                List.of(),
                result.text().lines().filter(line -> line.contains("open,")).toList());
    }
}
