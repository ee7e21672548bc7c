package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What three members tell of themselves and of each other over HTTP: MET-01 to MET-04, MET-07, MET-15, MET-16, MET-18,
/// HTH-02 to HTH-06.
@BlackBox
@Timeout(240)
class ClusterMetricsIT {
    /// etcd's probes are seconds apart, and its members may take a while to give each other up.
    private static final Duration SEEN = Duration.ofSeconds(30);

    private static final String ACTIVE = "etcd_network_active_peers";
    private static final String LOST = "etcd_network_disconnected_peers_total";
    private static final String ROUND_TRIPS = "etcd_network_peer_round_trip_time_seconds";
    private static final String SENT = "etcd_network_peer_sent_bytes_total";
    private static final String RECEIVED = "etcd_network_peer_received_bytes_total";
    private static final String SENT_FAILURES = "etcd_network_peer_sent_failures_total";
    private static final String HAS_LEADER = "etcd_server_has_leader";

    private static String id(Member member) {
        return Long.toHexString(Cluster.status(member).getHeader().getMemberId());
    }

    private static Scrape scrape(Member member) {
        return Scrape.parse(member.metrics());
    }

    /// One sample, 0 when it is not there: etcd's series begin with their first value.
    private static double value(Member member, String name, String labels) {
        return scrape(member).samples().getOrDefault(name + "{" + labels + "}", 0.0);
    }

    private static String pair(String own, String other) {
        return "Local=\"" + own + "\",Remote=\"" + other + "\"";
    }

    private static void becomes(String what, Member member, String name, String labels, double least, double most) {
        Eventually.holds(member.endpoint() + ": " + what + ", " + name + "{" + labels + "}", SEEN, () -> {
            double value = value(member, name, labels);
            return value >= least && value <= most;
        });
    }

    @Test
    void everyMemberTellsOfTheOthers() {
        try (Cluster cluster = Cluster.start(3)) {
            Member leader = cluster.leader();
            cluster.follower().client().put(Keys.fresh().key("a"), "1");
            for (Member member : cluster.members()) {
                String own = id(member);
                for (Member other : cluster.others(member)) {
                    String remote = id(other);
                    String to = "To=\"" + remote + "\"";
                    becomes("connected", member, ACTIVE, pair(own, remote), 1, 1);
                    becomes("a round trip", member, ROUND_TRIPS + "_count", to, 1, Double.MAX_VALUE);
                    becomes("a round trip", member, ROUND_TRIPS + "_bucket", to + ",le=\"3.2768\"", 1, 1e6);
                    // Two of etcd's members that follow say nothing to each other but in elections.
                    if (!MemberTarget.isEtcd() || member == leader || other == leader) {
                        becomes("sent", member, SENT, to, 1, Double.MAX_VALUE);
                        becomes("received", member, RECEIVED, "From=\"" + remote + "\"", 1, Double.MAX_VALUE);
                    }
                }
                Scrape page = scrape(member);
                assertEquals(3, page.count("etcd_network_known_peers"));
                assertEquals(1, page.count(HAS_LEADER));
                assertEquals(member == leader ? 1 : 0, page.count("etcd_server_is_leader"));
                assertTrue(page.count("etcd_server_leader_changes_seen_total") >= 1);
                assertEquals(0, page.count("etcd_server_snapshot_apply_in_progress_total"));
                assertEquals(0, page.count("etcd_server_proposals_failed_total"));
                assertEquals(0, page.count("etcd_server_is_learner"));
                assertTrue(page.count("etcd_server_heartbeat_send_failures_total") >= 0);
                assertTrue(page.count("etcd_server_slow_read_indexes_total") >= 0);
                assertTrue(page.count("etcd_server_read_indexes_failed_total") >= 0);
            }
            typesAreEtcds(leader.metrics());
            writesAreCountedOnEveryMember(cluster, leader);
        }
    }

    private static void typesAreEtcds(String page) {
        for (String type : List.of(
                "etcd_network_active_peers gauge",
                "etcd_network_known_peers gauge",
                "etcd_network_peer_round_trip_time_seconds histogram",
                "etcd_network_peer_sent_bytes_total counter",
                "etcd_network_peer_received_bytes_total counter",
                "etcd_server_leader_changes_seen_total counter",
                "etcd_server_heartbeat_send_failures_total counter",
                "etcd_server_proposals_pending gauge",
                "etcd_server_proposals_committed_total gauge",
                "etcd_server_proposals_applied_total gauge",
                "etcd_server_proposals_failed_total counter",
                "etcd_server_snapshot_apply_in_progress_total gauge")) {
            assertTrue(page.contains("# TYPE " + type + "\n"), () -> type + " in:\n" + page);
        }
    }

    private static void writesAreCountedOnEveryMember(Cluster cluster, Member leader) {
        List<Scrape> before =
                cluster.members().stream().map(ClusterMetricsIT::scrape).toList();
        Keys keys = Keys.fresh();
        long last = 0;
        for (int i = 0; i < 50; i++) {
            last = cluster.follower().client().putRevision(keys.key("k"), "x".repeat(1_000));
        }
        for (int i = 0; i < 3; i++) {
            Member member = cluster.member(i);
            Cluster.caughtUp(member, last);
            for (String counted :
                    List.of("etcd_server_proposals_committed_total", "etcd_server_proposals_applied_total")) {
                long was = before.get(i).count(counted);
                Eventually.holds(counted, () -> scrape(member).count(counted) >= was + 50);
            }
            Eventually.holds("nothing is pending", () -> scrape(member).count("etcd_server_proposals_pending") == 0);
        }
        int at = cluster.members().indexOf(leader);
        long sent = scrape(leader).count(SENT) - before.get(at).count(SENT);
        assertTrue(sent > 2 * 50 * 1_000, () -> "each of two followers was sent each put: " + sent);
    }

    @Test
    void aMemberThatIsLostAndComesBackIsSeen() {
        try (Cluster cluster = Cluster.start(3)) {
            Member leader = cluster.leader();
            Member lost = cluster.follower();
            String gone = id(lost);
            List<Member> left = cluster.others(lost);
            for (Member member : left) {
                becomes("connected", member, ACTIVE, pair(id(member), gone), 1, 1);
            }
            long changes = scrape(leader).count("etcd_server_leader_changes_seen_total");
            lost.kill();
            for (Member member : left) {
                becomes("lost", member, ACTIVE, pair(id(member), gone), 0, 0);
                becomes("lost", member, LOST, pair(id(member), gone), 1, Double.MAX_VALUE);
                assertEquals(1, scrape(member).count(HAS_LEADER));
                for (Member other : cluster.others(member)) {
                    assertEquals(1, value(member, ACTIVE, pair(id(member), id(other))));
                }
            }
            becomes("failures", leader, SENT_FAILURES, "To=\"" + gone + "\"", 5, Double.MAX_VALUE);
            assertEquals(changes, scrape(leader).count("etcd_server_leader_changes_seen_total"));

            lost.restart();
            for (Member member : left) {
                becomes("back", member, ACTIVE, pair(id(member), gone), 1, 1);
            }
            if (!MemberTarget.isEtcd()) {
                becomes("caught up", leader, "metastore_raft_lag_entries", "To=\"" + gone + "\"", 0, 0);
            }
        }
    }

    @Test
    void aSnapshotOnItsWayIsCountedAtBothEnds() {
        String[] flags = MemberTarget.isEtcd()
                ? new String[] {"--snapshot-count=100", "--snapshot-catchup-entries=10"}
                : new String[] {"--snapshot-count=100", "--metastore.snapshot.follower-log-bytes=0"};
        try (Cluster cluster = Cluster.start(3, flags)) {
            Keys keys = Keys.fresh();
            Member late = cluster.follower();
            Member leader = cluster.leader();
            late.kill();
            long last = 0;
            for (int i = 0; i < 1_000; i++) {
                last = leader.client().putRevision(keys.key("k"), "" + i);
            }
            if (!MemberTarget.isEtcd()) {
                assertTrue(scrape(leader).count("metastore_raft_lag_entries") >= 1_000);
            }
            late.restart();
            Cluster.caughtUp(late, last);
            String to = "To=\"" + id(late) + "\"";
            String from = "From=\"" + id(leader) + "\"";
            becomes("sent", leader, "etcd_network_snapshot_send_success", to, 1, 100);
            becomes("sent", leader, "etcd_network_snapshot_send_total_duration_seconds_count", to, 1, 100);
            becomes("sent", leader, "etcd_network_snapshot_send_inflights_total", to, 0, 0);
            becomes("received", late, "etcd_network_snapshot_receive_success", from, 1, 100);
            becomes("received", late, "etcd_network_snapshot_receive_total_duration_seconds_count", from, 1, 100);
            becomes("received", late, "etcd_network_snapshot_receive_inflights_total", from, 0, 0);
            assertEquals(0, scrape(late).count("etcd_server_snapshot_apply_in_progress_total"));
        }
    }

    @Test
    void healthTellsWhetherThereIsAMajority() {
        try (Cluster cluster = Cluster.start(3)) {
            for (Member member : cluster.members()) {
                answers(member, "/health", 200, "{\"health\":\"true\",\"reason\":\"\"}");
                answers(member, "/livez", 200, "ok\n");
                answers(member, "/readyz", 200, "ok\n");
            }
            Member left = cluster.follower();
            cluster.others(left).forEach(Member::kill);
            Eventually.holds("no leader", SEEN, () -> scrape(left).count(HAS_LEADER) == 0);
            assertEquals(0, scrape(left).count("etcd_server_is_leader"));

            answers(left, "/health", 503, "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}\n");
            answers(left, "/health?serializable=true", 200, "{\"health\":\"true\",\"reason\":\"\"}");
            answers(left, "/livez", 200, "ok\n");
            answers(left, "/readyz?exclude=linearizable_read", 200, "ok\n");
            long asked = System.nanoTime();
            HttpResponse<String> ready = left.get("/readyz");
            Duration took = Duration.ofNanos(System.nanoTime() - asked);
            assertEquals(503, ready.statusCode());
            assertEquals(
                    Set.of(
                            "[+]data_corruption ok",
                            "[+]serializable_read ok",
                            "[+]non_learner ok",
                            "[-]linearizable_read failed: etcdserver: request timed out"),
                    ready.body().lines().filter(line -> !line.isBlank()).collect(Collectors.toSet()));
            assertTrue(
                    took.toMillis() > 6_500 && took.toMillis() < 15_000,
                    () -> "a read waits 7 s for a leader, this took " + took);

            Member back = cluster.members().stream()
                    .filter(member -> !member.isAlive())
                    .findFirst()
                    .orElseThrow();
            back.restart();
            for (Member member : List.of(left, back)) {
                Eventually.holds("ready again", () -> member.get("/readyz").statusCode() == 200);
                answers(member, "/health", 200, "{\"health\":\"true\",\"reason\":\"\"}");
                assertFalse(scrape(member).count(HAS_LEADER) == 0);
            }
        }
    }

    private static void answers(Member member, String path, int status, String body) {
        HttpResponse<String> answer = member.get(path);
        assertEquals(status + " " + body, answer.statusCode() + " " + answer.body());
    }
}
