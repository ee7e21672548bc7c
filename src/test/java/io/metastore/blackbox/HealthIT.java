package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest.AlarmAction;
import io.metastore.api.etcd.etcdserverpb.AlarmType;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/// What supervisors ask three members: whether they are well, whether they live, whether they may get calls.
@BlackBox
@Timeout(120)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HealthIT {
    private static final String WELL = "{\"health\":\"true\",\"reason\":\"\"}";
    /// A linearizable read waits for a leader for so long.
    private static final Duration PATIENT = Duration.ofSeconds(40);

    private static Cluster cluster;
    private static HttpClient http;

    @BeforeAll
    static void start() {
        cluster = Cluster.start(3);
        cluster.leader();
        http = HttpClient.newHttpClient();
    }

    @AfterAll
    static void end() {
        http.close();
        cluster.close();
    }

    private static HttpResponse<String> ask(String method, String base, String path) {
        try {
            return http.send(
                    HttpRequest.newBuilder(URI.create(base + path))
                            .method(method, BodyPublishers.noBody())
                            .timeout(PATIENT)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException failure) {
            throw new AssertionError(path + ": " + failure, failure);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", stopped);
        }
    }

    private static String url(Member member) {
        return "http://" + member.endpoint();
    }

    private static void answers(Member member, String path, int status, String body) {
        HttpResponse<String> response = ask("GET", url(member), path);
        assertEquals(body, response.body(), path);
        assertEquals(status, response.statusCode(), path);
    }

    private static void alarm(AlarmAction action) {
        cluster.leader()
                .client()
                .maintenance()
                .alarm(AlarmRequest.newBuilder()
                        .setAction(action)
                        .setAlarm(AlarmType.NOSPACE)
                        .setMemberID(
                                Cluster.status(cluster.leader()).getHeader().getMemberId())
                        .build());
    }

    @Test
    @Order(1)
    @Statement({"HTH-01", "HTH-04", "HTH-05"})
    void allAreWell() {
        for (Member member : cluster.members()) {
            answers(member, "/health", 200, WELL);
            answers(member, "/livez", 200, "ok\n");
            answers(member, "/readyz", 200, "ok\n");
            answers(member, "/livez?verbose", 200, "[+]serializable_read ok\nok\n");
            // etcd names the checks in any order.
            assertEquals(
                    Set.of(
                            "[+]data_corruption ok",
                            "[+]serializable_read ok",
                            "[+]linearizable_read ok",
                            "[+]non_learner ok",
                            "ok"),
                    ask("GET", url(member), "/readyz?verbose").body().lines().collect(Collectors.toSet()));
            answers(member, "/readyz/linearizable_read", 200, "ok\n");
            answers(member, "/readyz?exclude=linearizable_read&exclude=made-up", 200, "ok\n");
        }
        HttpResponse<String> refused = ask("POST", url(cluster.member(0)), "/health");
        assertEquals(405, refused.statusCode());
        assertEquals(Optional.of("GET"), refused.headers().firstValue("allow"));
    }

    @Test
    @Order(2)
    @Statement({"HTH-02", "HTH-03", "HTH-04"})
    void oneIsFull() {
        alarm(AlarmAction.ACTIVATE);
        for (Member member : cluster.members()) {
            Eventually.holds(
                    "it knows of the alarm",
                    () -> ask("GET", url(member), "/health").statusCode() == 503);
            answers(member, "/health", 503, "{\"health\":\"false\",\"reason\":\"ALARM NOSPACE\"}\n");
            answers(member, "/health?exclude=NOSPACE", 200, WELL);
            answers(member, "/readyz", 200, "ok\n");
        }
        alarm(AlarmAction.DEACTIVATE);
        for (Member member : cluster.members()) {
            Eventually.holds(
                    "it knows of the end of the alarm",
                    () -> ask("GET", url(member), "/health").statusCode() == 200);
        }
    }

    @Test
    @Order(3)
    @Statement("HTH-09")
    void pagesAreWhereTheyBelong() {
        Member member = cluster.member(0);
        for (String path : List.of("/metrics", "/health", "/livez", "/readyz")) {
            assertEquals(200, ask("GET", member.metricsUrl(), path).statusCode(), path);
            assertEquals(200, ask("GET", url(member), path).statusCode(), path);
        }
        assertEquals(404, ask("GET", member.metricsUrl(), "/version").statusCode());
        assertEquals(200, ask("GET", url(member), "/version").statusCode());
        assertEquals(200, ask("GET", url(member), "/debug/vars").statusCode());
    }

    @Test
    @Order(4)
    @Statement({"HTH-02", "HTH-03", "HTH-06"})
    void twoAreGone() {
        Member left = cluster.follower();
        cluster.others(left).forEach(Member::kill);
        Eventually.holds("it has no leader", () -> Cluster.status(left).getLeader() == 0);
        answers(left, "/health", 503, "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}\n");
        answers(left, "/health?serializable=true", 200, WELL);
        answers(left, "/livez", 200, "ok\n");
        HttpResponse<String> notReady = ask("GET", url(left), "/readyz");
        assertEquals(503, notReady.statusCode());
        assertTrue(notReady.body().contains("[-]linearizable_read failed: "), notReady::body);
        assertTrue(notReady.body().contains("[+]serializable_read ok\n"), notReady::body);
    }
}
