package io.metastore.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.metastore.api.etcd.etcdserverpb.PutResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BenchCommandTest {
    private record Outcome(int status, String out, String err) {}

    private static Outcome run(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = BenchCommand.run(
                List.of(args),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Outcome(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static Outcome put(FakeServer server, String... more) {
        List<String> args = new ArrayList<>(List.of("put", "--endpoints", server.endpoint(), "--warmup", "0"));
        args.addAll(List.of(more));
        return run(args.toArray(String[]::new));
    }

    private static void assertSays(Outcome outcome, int status, String text) {
        assertEquals(status, outcome.status(), outcome.toString());
        assertTrue(outcome.err().contains(text), outcome.toString());
    }

    @Test
    void aWrongFlagIsNamedWithItsNearest() {
        assertSays(run("put", "--clinets", "5"), 2, "unknown flag --clinets; the nearest is --clients");
        assertSays(run("rnage"), 2, "unknown command 'rnage'; the nearest is 'range'");
        assertSays(run("put", "--clients", "many"), 2, "--clients is 'many', but must be a number from 1 to");
        assertSays(run("put", "--duration", "fast"), 2, "--duration is 'fast', but must be a time");
        assertSays(run("put", "--clients"), 2, "--clients needs a value: N");
        assertSays(run("put", "--total", "5", "--duration", "5s"), 2, "--total and --duration exclude each other");
        assertSays(run("put", "--endpoints", "nowhere"), 2, "--endpoints has 'nowhere'");
        assertSays(run("compare", "--only", "put-7"), 2, "--only has 'put-7', but the scenarios are put-1, put-100");
        assertSays(run("lonely", "--batch-times", "1ms"), 2, "--batch-times is '1ms', but must be two times");
        assertSays(run("lonely", "--metastore", "nowhere"), 2, "--metastore names 'nowhere', which cannot be read");
        assertSays(run("disk", "--write-size", "0"), 2, "--write-size is '0', but must be a number from 1 to");
        assertSays(run("compare", "--side", "x=postgres"), 2, "--side is 'x=postgres', but must be NAME=KIND");
        assertSays(run("compare", "--cold", "--rounds", "3"), 2, "--rounds does nothing with --cold");
        assertSays(run("compare", "--pairs", "3"), 2, "--pairs needs --cold");
        assertSays(run("compare", "--members", "10"), 2, "--members is '10', but must be a number from 1 to 9");
        assertSays(run("compare", "--cold", "--members", "3"), 2, "--members does nothing with --cold");
        assertSays(run("compare", "--through", "all"), 2, "--through needs --members of 2 or more");
        assertSays(
                run("compare", "--members", "3", "--through", "both"),
                2,
                "--through is 'both', but must be leader or all");
        assertSays(run("train", "--metastore", "nowhere"), 2, "--metastore names 'nowhere', which cannot be run");
        assertSays(
                run("train", "--metastore", "mvnw"), 2, "--to is needed where the program does not run from its jar");
    }

    @Test
    void aNativeExecutableIsASideOfItsOwn(@TempDir Path folder) {
        String out = folder.toString();
        assertSays(
                run("compare", "--cold", "--out", out, "--side", "a=metastore@mvnw", "--native", "nowhere"),
                2,
                "'nowhere' of side native cannot be read");
    }

    @Test
    void helpListsCommandsAndFlags() {
        assertTrue(run("--help").out().contains("compare"));
        assertTrue(run("put", "--help").out().contains("--sequential-keys"));
    }

    @Test
    void theBareDiskIsMeasuredAndLeftAsItWas(@TempDir Path folder) throws IOException {
        Path json = folder.resolve("result.json");
        Path disk = folder.resolve("disk");
        Outcome outcome = run(
                "disk", "--dir", disk.toString(), "--warmup", "0s", "--duration", "100ms", "--json", json.toString());
        assertEquals(0, outcome.status(), outcome.toString());
        assertTrue(
                outcome.out().matches("(?s).*\nfdatasync +[1-9][0-9,]* .*bytes per write: 352.*"), outcome.toString());
        assertTrue(Files.readString(json).contains("\"fdatasync\""), Files.readString(json));
        try (Stream<Path> left = Files.list(disk)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void nobodyListens() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        assertSays(run("put", "--endpoints", "127.0.0.1:" + port), 1, "127.0.0.1:" + port + " does not answer");
    }

    @Test
    void somethingElseListens() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> answerHttp(socket));
            assertSays(
                    run("put", "--endpoints", "127.0.0.1:" + socket.getLocalPort(), "--patience", "2s"),
                    1,
                    "etcd-compatible server");
        }
    }

    private static void answerHttp(ServerSocket socket) {
        while (!socket.isClosed()) {
            try (Socket connection = socket.accept()) {
                connection
                        .getOutputStream()
                        .write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
                connection.shutdownOutput();
                connection.getInputStream().readAllBytes();
            } catch (IOException e) {
                // The bench hung up, or the test is over and the socket closed: the loop's condition tells.
            }
        }
    }

    @Test
    void aServerThatDiesInTheMiddleEndsTheRunWithWhatWasMeasured(@TempDir Path folder) throws IOException {
        Path json = folder.resolve("result.json");
        try (FakeServer server = new FakeServer(self -> (number, reply) -> {
            if (number == 500) {
                self.die();
            }
            FakeServer.ok(reply);
        })) {
            Outcome outcome =
                    put(server, "--clients", "10", "--duration", "30s", "--patience", "1s", "--json", json.toString());
            assertSays(outcome, 1, server.endpoint() + " stopped answering: nothing for 1.0 s");
            assertTrue(outcome.out().matches("(?s).*put +\\d{3} .*UNAVAILABLE.*"), outcome.toString());
            assertTrue(Files.readString(json).contains("\"aborted\": \"" + server.endpoint()), Files.readString(json));
        }
    }

    @Test
    void aServerThatFallsSilentEndsTheRun() throws IOException {
        try (FakeServer server = new FakeServer(self -> (number, reply) -> {
            if (number <= 100) {
                FakeServer.ok(reply);
            }
        })) {
            Outcome outcome = put(server, "--clients", "7", "--duration", "30s", "--patience", "1s");
            assertSays(outcome, 1, "stopped answering: nothing for 1.0 s with 7 calls outstanding");
            assertTrue(outcome.out().contains("unanswered 7"), outcome.toString());
        }
    }

    @Test
    void refusalsAndErrorsAreCountedApart() throws IOException {
        try (FakeServer server = new FakeServer(self -> (number, reply) -> {
            if (number % 10 == 1) {
                FakeServer.refuse(reply, Status.UNKNOWN, "etcdserver: too many requests");
            } else if (number % 10 == 2) {
                FakeServer.refuse(reply, Status.RESOURCE_EXHAUSTED, "etcdserver: mvcc: database space exceeded");
            } else {
                FakeServer.ok(reply);
            }
        })) {
            Outcome outcome = put(server, "--clients", "1", "--total", "100", "--quiet");
            assertEquals(0, outcome.status(), outcome.toString());
            assertTrue(outcome.out().contains("refused 10, errors 10,"), outcome.toString());
            assertTrue(
                    outcome.out().contains("10 × RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded"),
                    outcome.toString());
        }
    }

    /// A server that answers nothing for 400 ms. One closed client sees one slow call; at a fixed rate all
    /// calls that were due meanwhile are slow.
    @Test
    void aStallShowsWithEverybodyWhomItWouldHaveHit(@TempDir Path folder) throws IOException {
        assertTrue(slowShare(folder, "--total", "1500") < 0.01);
        double open = slowShare(folder, "--duration", "2s", "--rate", "500");
        assertTrue(open > 0.10 && open < 0.40, "share of calls over 50 ms: " + open);
    }

    private static double slowShare(Path folder, String... pace) throws IOException {
        Queue<StreamObserver<PutResponse>> waiting = new ConcurrentLinkedQueue<>();
        try (ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
                FakeServer server = new FakeServer(self -> (number, reply) -> {
                    if (number == 300) {
                        waiting.add(reply);
                        var _ = timer.schedule(() -> waiting.forEach(FakeServer::ok), 400, TimeUnit.MILLISECONDS);
                    } else {
                        FakeServer.ok(reply);
                    }
                })) {
            Path json = folder.resolve("result.json");
            List<String> args = new ArrayList<>(List.of("--clients", "1", "--quiet", "--json", json.toString()));
            args.addAll(List.of(pace));
            assertEquals(0, put(server, args.toArray(String[]::new)).status());
            // p90 and p99 tell the share without the whole histogram: a stall of 400 ms in 2 s is a fifth of the calls.
            String text = Files.readString(json);
            return millis(text, "p90") > 50 ? 0.2 : millis(text, "p99") > 50 ? 0.05 : 0.001;
        }
    }

    private static double millis(String json, String name) {
        int at = json.indexOf("\"" + name + "\": ");
        return Double.parseDouble(
                json.substring(at + name.length() + 4, json.indexOf(',', at)).strip());
    }
}
