package io.metastore.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.blackbox.Member;
import io.metastore.blackbox.MemberTarget;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Random users, roles, permissions and logins on a real etcd and on MetaStore, with calls of all kinds as root, as a
/// user and as nobody: every reply and every refusal must be equal.
///
/// | property | meaning |
/// |---|---|
/// | `metastore.etcd`, or the variable `ETCD_BIN` | the etcd; without it the test is skipped |
/// | `replay.auth.seeds` | how many histories; each starts on servers of its own |
/// | `replay.auth.commands` | how many commands each has |
/// | `replay.auth.seed` | the first seed |
@Timeout(7200)
class AuthReplayIT {
    private static final int MORE = 4;

    @Test
    void etcdAndMetaStoreDecideAlike(@TempDir Path folder) {
        Optional<MemberTarget.Program> etcd = MemberTarget.etcd();
        Assumptions.assumeTrue(etcd.isPresent(), "no etcd to compare with: give one by -Dmetastore.etcd=PATH");
        int seeds = Integer.getInteger("replay.auth.seeds", 1);
        int commands = Integer.getInteger("replay.auth.commands", 2_000);
        long first = Long.getLong("replay.auth.seed", new Random().nextInt(1_000_000));
        Map<String, Integer> ends = new TreeMap<>();
        int played = 0;
        // One in which nobody knows root's password any more decides little, and is followed by another.
        while (played < seeds || (played < seeds + MORE && !decidesEnough(ends, seeds * commands))) {
            play(folder, etcd.get(), first + played, commands, ends);
            played++;
        }
        System.out.println("auth replay: " + played + " histories of " + commands + " commands, seeds " + first + " to "
                + (first + played - 1) + ", no difference; " + ends);
        assertTrue(decidesEnough(ends, seeds * commands), ends::toString);
    }

    /// Whether calls were let through and turned away often enough to say something of permissions.
    private static boolean decidesEnough(Map<String, Integer> ends, int commands) {
        return ends.getOrDefault("done", 0) > commands / 10
                && ends.getOrDefault("etcdserver: permission denied", 0) > commands / 100;
    }

    private static void play(
            Path folder, MemberTarget.Program etcd, long seed, int commands, Map<String, Integer> ends) {
        List<String> flags = List.of("--bcrypt-cost=4");
        try (AuthSide there = new AuthSide(Member.startIn(folder, etcd, flags));
                AuthSide here = new AuthSide(Member.startIn(folder, MemberTarget.jar(), flags))) {
            AuthScript script = new AuthScript(new Random(seed));
            for (int i = 0; i < commands; i++) {
                AuthScript.Step step = script.next();
                String wanted = there.play(step);
                int at = i;
                assertEquals(wanted, here.play(step), () -> "seed " + seed + ", command " + at + ": " + step.text());
                if (step instanceof AuthScript.Step.Call call && wanted.startsWith("REFUSED ")) {
                    script.refused(call, wanted.substring(8));
                }
                ends.merge(wanted.startsWith("REFUSED ") ? wanted.substring(8) : "done", 1, Integer::sum);
            }
        }
    }
}
