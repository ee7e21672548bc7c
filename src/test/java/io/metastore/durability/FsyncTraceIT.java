package io.metastore.durability;

import static io.metastore.blackbox.Requests.bytes;
import static io.metastore.blackbox.Requests.op;
import static io.metastore.blackbox.Requests.put;
import static io.metastore.blackbox.Requests.range;
import static io.metastore.blackbox.Requests.then;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.MemberTarget;
import io.metastore.durability.SystemCalls.Call;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Acknowledgements wait for the disk: in a trace of the member's system calls, the first byte of every answer
/// leaves after an fdatasync of the log has ended that began after the log held the answer's entry.
///
/// Each request is a transaction that puts a text found nowhere else and reads it back: so it is seen in the
/// write to the log and again in the write to the socket.
@Tag("blackbox")
@Timeout(300)
class FsyncTraceIT {
    private static final String CALLS = "write,pwrite64,writev,pwritev,pwritev2,sendmsg,sendto,fdatasync,fsync";
    /// The files of MetaStore's raft log, and of etcd's.
    private static final Pattern LOG = Pattern.compile(".*/raft/log/[0-9a-f]{16}\\.log|.*/member/wal/.*\\.wal");

    private static final Pattern MARK = Pattern.compile("mark-\\d\\d-\\d{5}");
    private static final int REQUESTS = Integer.getInteger("fsync.requests", 320);

    @TempDir
    private Path folder;

    @BeforeEach
    void tracing() throws IOException, InterruptedException {
        Assumptions.assumeTrue(MemberTarget.current() instanceof MemberTarget.Program, "needs a member to trace");
        Process probe;
        try {
            probe = new ProcessBuilder(
                            "strace", "-f", "-o", folder.resolve("probe").toString(), "true")
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException missing) {
            Assumptions.abort("strace is not installed: " + missing.getMessage());
            return;
        }
        String said = new String(probe.getInputStream().readAllBytes());
        Assumptions.assumeTrue(probe.waitFor() == 0, () -> "tracing is forbidden here: " + said);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 64})
    void everyAnswerFollowsASyncOfItsEntry(int writers) throws Exception {
        Path trace = folder.resolve("trace");
        List<String> marks;
        Path data;
        try (Server server = new Server(folder)) {
            server.launch(List.of(
                    "strace", "-f", "-ttt", "-y", "-s", "262144", "-e", "trace=" + CALLS, "-o", trace.toString()));
            server.awaitReady();
            marks = write(server, writers, REQUESTS / Math.max(8, writers));
            server.stop();
            data = server.data().toRealPath();
        }
        List<Call> calls = SystemCalls.read(trace);
        check(calls, marks, writers);
        checkNames(calls, data);
    }

    /// What is acknowledged must not go with a folder whose name the disk never got.
    private static void checkNames(List<Call> calls, Path data) {
        Path raft = data.resolve("member").resolve("raft");
        // etcd has no such folder, and does not sync the name of its data folder.
        if (Files.isDirectory(raft)) {
            int answered = calls.stream()
                    .filter(call -> call.isWrite() && MARK.matcher(call.data()).find() && isSocket(call))
                    .mapToInt(Call::begun)
                    .min()
                    .orElseThrow();
            for (Path holding : List.of(data.getParent(), data, raft.getParent(), raft)) {
                assertTrue(
                        calls.stream()
                                .anyMatch(call -> call.isSync()
                                        && call.result() == 0
                                        && call.file().equals(holding.toString())
                                        && call.ended() < answered),
                        () -> "names in " + holding + " were not synced before the first answer");
            }
        }
    }

    private static boolean isSocket(Call call) {
        return call.file().startsWith("socket:") || call.file().startsWith("TCP:");
    }

    private static List<String> write(Server server, int writers, int each) throws Exception {
        List<String> marks = new ArrayList<>();
        List<Client> clients = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> ends = new ArrayList<>();
            for (int i = 0; i < Math.min(4, writers); i++) {
                clients.add(server.connect());
            }
            for (int writer = 0; writer < writers; writer++) {
                Client client = clients.get(writer % clients.size());
                List<String> own = new ArrayList<>();
                for (int i = 0; i < each; i++) {
                    own.add("mark-%02d-%05d".formatted(writer, i));
                }
                marks.addAll(own);
                ends.add(threads.submit(() -> own.forEach(mark -> writeAndRead(client, mark))));
            }
            for (Future<?> end : ends) {
                end.get(Duration.ofSeconds(120).toSeconds(), TimeUnit.SECONDS);
            }
        } finally {
            clients.forEach(Client::close);
        }
        return marks;
    }

    private static void writeAndRead(Client client, String mark) {
        ByteString key = bytes(mark);
        assertTrue(client.txn(then(op(put(key, mark)), op(range(key)))).getSucceeded());
    }

    private static void check(List<Call> calls, List<String> marks, int writers) {
        Map<String, Call> logged = new HashMap<>();
        Map<String, Call> answered = new HashMap<>();
        List<Call> syncs = new ArrayList<>();
        for (Call call : calls) {
            boolean log = LOG.matcher(call.file()).matches();
            if (log && call.isSync() && call.result() == 0) {
                syncs.add(call);
            }
            if (call.isWrite() && (log || isSocket(call))) {
                Matcher found = MARK.matcher(call.data());
                while (found.find()) {
                    if (log) {
                        logged.put(found.group(), call);
                    } else {
                        answered.putIfAbsent(found.group(), call);
                    }
                }
            }
        }
        List<String> early = new ArrayList<>();
        for (String mark : marks) {
            Call entry = logged.get(mark);
            Call answer = answered.get(mark);
            assertTrue(entry != null, () -> mark + " is in no write to the log");
            assertTrue(answer != null, () -> mark + " is in no write to a socket");
            if (syncs.stream()
                    .noneMatch(sync -> sync.file().equals(entry.file())
                            && sync.begun() > entry.ended()
                            && sync.ended() < answer.begun())) {
                early.add(mark + ": logged in lines " + entry.begun() + " to " + entry.ended()
                        + " of the trace, answered in line " + answer.begun());
            }
        }
        System.out.printf(
                "%d writers: %d answers, %d syncs of the log, %d answered without one%n",
                writers, marks.size(), syncs.size(), early.size());
        assertEquals(List.of(), early, "answered before the disk had it");
    }
}
