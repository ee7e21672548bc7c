package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/// A second member comes and goes by etcd's own command-line client.
@BlackBox
@EnabledIf(
        value = "io.metastore.blackbox.Etcdctl#isNamed",
        disabledReason = "no etcdctl to run: name one with -Dmetastore.etcdctl=PATH or ETCDCTL_BIN")
class EtcdctlMembershipIT {

    /// One line of `member list`.
    /// How etcdctl begins its answer about a change: it pads a member's id to 16 digits.
    private static String named(String id) {
        return String.format("Member %16s", id);
    }

    private static String line(String id, String status, String name, String peer, String client, boolean learner) {
        return String.join(", ", id, status, name, peer, client, Boolean.toString(learner));
    }

    private static List<String> list(Etcdctl etcdctl) {
        return etcdctl.run("member", "list").lines().sorted().toList();
    }

    private static List<String> sorted(String... lines) {
        return List.of(lines).stream().sorted().toList();
    }

    private static String hexId(Member member) {
        return Long.toHexString(Cluster.status(member).getHeader().getMemberId());
    }

    /// What `member add` prints for the newcomer's environment.
    private static Map<String, String> environment(String printed) {
        return printed.lines()
                .filter(line -> line.startsWith("ETCD_"))
                .map(line -> line.split("=", 2))
                .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1].replace("\"", "")));
    }

    @Test
    @Statement({"CLU-02", "CLU-08", "CLU-09", "CLU-12", "CLU-14", "CLU-15", "CLU-16", "CLU-17", "CLU-19"})
    void walksThroughTheLifeOfAMember() {
        try (Cluster cluster = Cluster.start(1)) {
            Member first = cluster.member(0);
            Member second = cluster.newcomer();
            Etcdctl etcdctl = Etcdctl.against(first);
            String firstLine =
                    line(hexId(first), "started", "m1", first.peerUrl(), "http://" + first.endpoint(), false);
            String inCluster = " cluster "
                    + String.format(
                            "%16s",
                            Long.toHexString(Cluster.status(first).getHeader().getClusterId()))
                    + "\n";
            assertEquals(List.of(firstLine), list(etcdctl));

            Walk walk = new Walk(etcdctl, first, second, firstLine, inCluster);
            String id = isAdded(walk);
            cluster.begin(second);
            second.awaitLocal();
            isPromoted(walk, id);
            assertEquals(
                    named(id) + " removed from" + inCluster,
                    onceNot("unhealthy cluster", etcdctl, "member", "remove", id));
            cluster.left(second);
            isGone(walk, id);
            assertEquals("OK\n", etcdctl.run("put", "a", "1"));
        }
    }

    /// @param first     the member that is there
    /// @param second    the one that comes
    /// @param firstLine of the list of members
    /// @param inCluster as etcdctl names the cluster behind a change
    private record Walk(Etcdctl etcdctl, Member first, Member second, String firstLine, String inCluster) {}

    private static String isAdded(Walk walk) {
        Etcdctl etcdctl = walk.etcdctl();
        Member first = walk.first();
        Member second = walk.second();
        String firstLine = walk.firstLine();
        String added = etcdctl.run("member", "add", "m2", "--learner", "--peer-urls=http://127.0.0.1:1");
        String id = added.split(" +")[1];
        assertTrue(added.startsWith(named(id) + " added as learner to" + walk.inCluster()), added);
        assertEquals(sorted(firstLine, line(id, "unstarted", "", "http://127.0.0.1:1", "", true)), list(etcdctl));
        etcdctl.refused(
                "Error: etcdserver: too many learner members in cluster",
                "member",
                "add",
                "m3",
                "--learner",
                "--peer-urls=http://127.0.0.1:2");
        etcdctl.refused(
                "Error: etcdserver: Peer URLs already exists", "member", "add", "m3", "--peer-urls=" + first.peerUrl());
        etcdctl.refused(
                "Error: etcdserver: can only promote a learner member which is in sync with leader",
                "member",
                "promote",
                id);
        assertEquals(
                named(id) + " updated in" + walk.inCluster(),
                etcdctl.run("member", "update", id, "--peer-urls=" + second.peerUrl()));
        assertEquals(sorted(firstLine, line(id, "unstarted", "", second.peerUrl(), "", true)), list(etcdctl));
        return id;
    }

    private static void isPromoted(Walk walk, String id) {
        Etcdctl etcdctl = walk.etcdctl();
        Member second = walk.second();
        String firstLine = walk.firstLine();
        Eventually.holds(
                "it is listed as started",
                () -> list(etcdctl)
                        .equals(sorted(
                                firstLine,
                                line(id, "started", "m2", second.peerUrl(), "http://" + second.endpoint(), true))));
        Etcdctl learner = Etcdctl.against(second);
        learner.refused("Error: etcdserver: rpc not supported for learner", "member", "list");
        assertEquals("", learner.run("get", "a", "--consistency=s"));
        assertEquals(
                named(id) + " promoted in" + walk.inCluster(),
                onceNot("which is in sync with leader", etcdctl, "member", "promote", id));
        second.await();
        assertEquals(list(etcdctl), list(learner));
        assertEquals(
                sorted(firstLine, line(id, "started", "m2", second.peerUrl(), "http://" + second.endpoint(), false)),
                list(learner));
        etcdctl.refused("Error: etcdserver: can only promote a learner member", "member", "promote", id);
    }

    private static void isGone(Walk walk, String id) {
        Etcdctl etcdctl = walk.etcdctl();
        assertEquals(List.of(walk.firstLine()), list(etcdctl));
        etcdctl.refused("Error: etcdserver: member not found", "member", "remove", id);
        etcdctl.refused("Error: etcdserver: member not found", "member", "promote", id);
        etcdctl.refused(
                "Error: etcdserver: member not found", "member", "update", id, "--peer-urls=http://127.0.0.1:1");
        etcdctl.refused(
                "Error: etcdserver: re-configuration failed due to not enough started members",
                "member",
                "remove",
                hexId(walk.first()));
    }

    /// Runs a command again while it fails because of something that passes.
    private static String onceNot(String passing, Etcdctl etcdctl, String... words) {
        List<String> printed = new ArrayList<>();
        Eventually.holds("no more \"" + passing + "\"", () -> {
            Etcdctl.Ended ended = etcdctl.ended(words);
            assertTrue(ended.status() == 0 || ended.err().contains(passing), ended::toString);
            return ended.status() == 0 && printed.add(ended.out());
        });
        return printed.getFirst();
    }

    /// What it prints for the newcomer's environment is what it takes to start it.
    @Test
    @Statement("CLU-09")
    void saysHowToStartTheNewcomer() {
        try (Cluster cluster = Cluster.start(1)) {
            Member first = cluster.member(0);
            Member second = cluster.newcomer();
            Etcdctl etcdctl = Etcdctl.against(first);
            Map<String, String> printed =
                    environment(etcdctl.run("member", "add", "m2", "--peer-urls=" + second.peerUrl()));
            String initialCluster = printed.get("ETCD_INITIAL_CLUSTER");
            assertEquals(sorted(first.initialCluster(), second.initialCluster()), sorted(initialCluster.split(",")));
            assertEquals("m2", printed.get("ETCD_NAME"));
            assertEquals(second.peerUrl(), printed.get("ETCD_INITIAL_ADVERTISE_PEER_URLS"));
            assertEquals("existing", printed.get("ETCD_INITIAL_CLUSTER_STATE"));
            second.joinsRunning(initialCluster);
            second.begin();
            second.await();
            assertEquals("OK\n", Etcdctl.against(second).run("put", "a", "1"));
            assertEquals("a\n1\n", etcdctl.run("get", "a"));
        }
    }

    @Test
    @Statement({"CLU-02", "CLU-09"})
    void printsMembersAsJson() {
        try (Cluster cluster = Cluster.start(1)) {
            Member first = cluster.member(0);
            Etcdctl etcdctl = Etcdctl.against(first);
            JsonObject added = etcdctl.json("member", "add", "m2", "--learner", "--peer-urls=http://127.0.0.1:1");
            JsonObject member = added.getJsonObject("member");
            assertEquals(new JsonArray().add("http://127.0.0.1:1"), member.getJsonArray("peerURLs"));
            assertEquals(Set.of("ID", "peerURLs", "isLearner"), member.fieldNames());
            assertEquals(2, added.getJsonArray("members").size());
            assertEquals(
                    added.getJsonArray("members"),
                    etcdctl.json("member", "list").getJsonArray("members"));
        }
    }
}
