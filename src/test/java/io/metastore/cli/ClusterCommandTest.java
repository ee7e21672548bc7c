package io.metastore.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What `metastore cluster` says before it asks anybody.
class ClusterCommandTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... words) {
        out.reset();
        err.reset();
        return ClusterCommand.run(
                List.of(words),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private void refused(String text, String... words) {
        assertEquals(2, run(words));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains(text), err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void withoutWordsItExplainsItself() {
        for (String[] words : new String[][] {{}, {"--help"}, {"status", "-h"}, {"help"}}) {
            assertEquals(0, run(words));
            assertTrue(out.toString(StandardCharsets.UTF_8).startsWith("Usage: metastore cluster status"));
        }
    }

    @Test
    void whatCannotBeIsRefused() {
        refused("unknown subcommand \"cluster statsu\"; the nearest known is \"cluster status\"", "statsu");
        refused("unknown subcommand \"cluster shrink-to-two\"; known are cluster status", "shrink-to-two");
        refused("unknown flag --endpoint; the nearest known is --endpoints", "status", "--endpoint=x");
        refused("the member is missing: type its name or its id", "replace", "--force");
        refused("--endpoints has '127.0.0.1', but must be host:port", "status", "--endpoints=127.0.0.1");
        refused("--cert and --key belong together", "status", "--cert=a.pem");
        refused("--cacert names '/nowhere/ca.pem', which cannot be read", "status", "--cacert=/nowhere/ca.pem");
        refused("--password is missing", "status", "--user=root");
    }

    @Test
    void nobodyThereIsSaid() {
        assertEquals(1, run("status", "--endpoints=127.0.0.1:1"));
        assertTrue(
                err.toString(StandardCharsets.UTF_8).startsWith("metastore: cluster: 127.0.0.1:1: Connection refused"),
                err.toString(StandardCharsets.UTF_8));
    }
}
