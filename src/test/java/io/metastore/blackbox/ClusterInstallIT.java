package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledIf;

/// A member that is killed while it takes over the leader's state starts again, whatever it had done by then.
@BlackBox
@Timeout(value = 1, unit = TimeUnit.HOURS)
@DisabledIf(
        value = "io.metastore.blackbox.MemberTarget#isEtcd",
        disabledReason = "looks into MetaStore's data directory")
class ClusterInstallIT {
    /// `-Dinstall.kills=20` for a longer run.
    private static final int KILLS = Integer.getInteger("install.kills", 3);

    private static final long SEED = Long.getLong("install.seed", System.nanoTime());
    private static final int WRITES = 600;
    private static final int KEYS = 600;
    private static final String VALUE = "v".repeat(8 << 10);
    /// A copy and its take-over last about so long.
    private static final int LATEST_MS = 400;

    @Test
    void startsWheneverItIsKilled() throws IOException {
        Random random = new Random(SEED);
        int halfway = 0;
        try (Cluster cluster = Cluster.start(3, "--snapshot-count=200", "--metastore.snapshot.follower-log-bytes=0")) {
            Keys keys = Keys.fresh();
            Member late = cluster.follower();
            Member leader = cluster.leader();
            late.kill();
            write(leader, keys);
            for (int kill = 0; kill < KILLS; kill++) {
                late.begin();
                Eventually.holds("a copy begins", Duration.ofSeconds(60), () -> copies(late));
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(LATEST_MS)));
                halfway += copies(late) ? 1 : 0;
                late.kill();
                write(leader, keys);
            }
            late.restart();
            long revision = leader.client().revision();
            Cluster.caughtUp(late, revision);
            cluster.hashesAgree(revision);
            System.out.printf("%d of %d kills came while a state was copied, seed %d%n", halfway, KILLS, SEED);
        }
    }

    /// Whether files of the leader's snapshot lie where they are copied to.
    private static boolean copies(Member member) {
        assertTrue(member.isAlive(), member::log);
        Path copied = member.dataDir().resolve("member/raft/snapshot/temp");
        if (!Files.isDirectory(copied)) {
            return false;
        }
        try (Stream<Path> files = Files.list(copied)) {
            return files.findAny().isPresent();
        } catch (IOException _) {
            // It has just been put in its place.
            return false;
        }
    }

    /// Enough for the log to be cut behind every other member.
    private static void write(Member leader, Keys keys) {
        for (int i = 0; i < WRITES; i++) {
            leader.client().put(keys.key("k" + i % KEYS), VALUE);
        }
    }
}
