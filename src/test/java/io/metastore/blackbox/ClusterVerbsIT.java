package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest.AlarmAction;
import io.metastore.api.etcd.etcdserverpb.AlarmType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `metastore cluster`, which speaks etcd's API alone: it is run on clusters of the target, whatever that is.
@BlackBox
@Timeout(180)
class ClusterVerbsIT {
    @TempDir
    private Path folder;

    private int runs;

    /// A run of the program.
    private record Verb(Process process, Path output) {
        String said() {
            try {
                return Files.readString(output);
            } catch (IOException unreadable) {
                throw new AssertionError(unreadable);
            }
        }

        int status() {
            try {
                assertTrue(process.waitFor(60, TimeUnit.SECONDS), this::said);
                return process.exitValue();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        void says(String text) {
            Eventually.holds("it says: " + text, () -> said().contains(text));
        }
    }

    private Verb verb(Member asked, String... words) throws IOException {
        List<String> command =
                new ArrayList<>(List.of(MemberTarget.jar().command().getFirst(), "cluster"));
        command.addAll(List.of(words));
        command.add("--endpoints=" + asked.endpoint());
        Path output = folder.resolve("output-" + runs++);
        return new Verb(
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start(),
                output);
    }

    private void ends(int status, Verb verb, String... texts) {
        assertEquals(status, verb.status(), verb::said);
        for (String text : texts) {
            assertTrue(verb.said().contains(text), verb::said);
        }
    }

    @Test
    void statusTellsHowManyMayBeLost() throws IOException {
        try (Cluster cluster = Cluster.start(3)) {
            Member leader = cluster.leader();
            Verb healthy = verb(leader, "status");
            ends(0, healthy, "3 of 3 voters answer, 2 are needed: the loss of 1 more does no harm", " leader ");
            assertEquals(2, healthy.said().split(" follower ", -1).length - 1, healthy::said);

            long id = Cluster.status(leader).getHeader().getMemberId();
            alarm(leader, AlarmAction.ACTIVATE, id);
            ends(1, verb(leader, "status"), "alarm NOSPACE of m");
            alarm(leader, AlarmAction.DEACTIVATE, id);

            cluster.others(leader).getFirst().kill();
            ends(
                    1,
                    verb(leader, "status"),
                    "does not answer: ",
                    "2 of 3 voters answer, 2 are needed: the loss of one more stops writes and linearizable reads");
            cluster.others(leader).getFirst().kill();
            ends(1, verb(leader, "status"), "1 of 3 voters answers, 2 are needed: there is no majority");
            ends(2, verb(leader, "replace", "m1"), "there is no majority, so nobody can be replaced");
            leader.kill();
            ends(1, verb(leader, "status"), leader.endpoint() + ": ");
        }
    }

    private static void alarm(Member member, AlarmAction action, long id) {
        var _ = member.client()
                .maintenance()
                .alarm(AlarmRequest.newBuilder()
                        .setAction(action)
                        .setMemberID(id)
                        .setAlarm(AlarmType.NOSPACE)
                        .build());
    }

    /// The verb is killed on its way, too, and goes on where it stopped.
    @Test
    void aLostMemberIsReplaced() throws IOException {
        try (Cluster cluster = Cluster.start(3)) {
            Keys keys = Keys.fresh();
            Member lost = cluster.follower();
            long id = Cluster.status(lost).getHeader().getMemberId();
            ends(2, verb(cluster.leader(), "replace", Long.toHexString(id)), "answers, at http://", "--force");
            ends(2, verb(cluster.leader(), "replace", "nobody"), "there is no member nobody, but m1, m2, m3");
            ends(
                    2,
                    verb(
                            cluster.leader(),
                            "replace",
                            Long.toHexString(id),
                            "--force",
                            "--peer-urls=" + cluster.leader().peerUrl()),
                    "which is where m");
            assertEquals(3, MembershipCalls.through(cluster.leader()).ids().size());
            lost.kill();
            cluster.leader().client().put(keys.key("while it was away"), "1");
            MembershipCalls calls = MembershipCalls.through(cluster.leader());

            Member newcomer = cluster.newcomer();
            String[] line = {"replace", Long.toHexString(id), "--peer-urls=" + newcomer.peerUrl()};
            Verb first = once(cluster, line);
            first.says("--initial-cluster-state=existing --initial-advertise-peer-urls=" + newcomer.peerUrl());
            assertFalse(calls.ids().contains(id));
            first.process().destroyForcibly();

            Verb second = verb(cluster.leader(), line);
            second.says("it has not started yet");
            cluster.begin(newcomer);
            ends(0, second, "has a vote: done");
            newcomer.await();
            assertEquals(1, newcomer.client().all(keys).size());
            lost.close();
            ends(0, verb(cluster.leader(), "status"), "3 of 3 voters answer");
            ends(0, verb(cluster.leader(), line), "has a vote: done");
        }
    }

    /// Types the line again while the cluster is not ready for it, as the text says.
    private Verb once(Cluster cluster, String... line) throws IOException {
        Verb[] verb = {verb(cluster.leader(), line)};
        Eventually.holds("the cluster takes the change", () -> {
            if (verb[0].process().isAlive()) {
                return verb[0].said().contains("is added in its place");
            }
            assertTrue(verb[0].said().contains("unhealthy cluster"), verb[0]::said);
            try {
                verb[0] = verb(cluster.leader(), line);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            return false;
        });
        return verb[0];
    }
}
