package io.metastore.durability;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.metastore.blackbox.MemberTarget;
import io.metastore.blackbox.Requests;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A member that is asked to stop closes its state before the process ends: the next start has nothing to replay.
@Tag("blackbox")
@Timeout(300)
class OrderlyStopIT {
    private static final Pattern STATE = Pattern.compile("state +on disk as of index (\\d+),");
    private static final Pattern LOG = Pattern.compile("raft log +entries \\d+ to (\\d+)");

    @TempDir
    private Path folder;

    @Test
    void theStateHasAllOfTheLog() throws Exception {
        Assumptions.assumeTrue(
                MemberTarget.current() instanceof MemberTarget.Program program
                        && !program.label().equals("etcd")
                        && System.getProperty("metastore.engine", "").isEmpty(),
                "looks at the files of RocksDB");
        try (Server server = new Server(folder)) {
            for (int life = 1; life <= 3; life++) {
                server.start();
                for (int i = 0; i < 20; i++) {
                    server.client().put(Requests.bytes("key-" + i), "life " + life);
                }
                server.stop();
                String shown = logShown(server);
                assertEquals(number(LOG, shown), number(STATE, shown), shown);
            }
        }
    }

    private static String logShown(Server server) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(((MemberTarget.Program) MemberTarget.current()).command());
        words.set(words.indexOf("server"), "log");
        words.addAll(List.of("show", "--data-dir", server.data().toString()));
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        String shown = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), shown);
        return shown;
    }

    private static long number(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new AssertionError(pattern + " is not said:\n" + text);
        }
        return Long.parseLong(matcher.group(1));
    }
}
