package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Bodies and statuses as etcd 3.7.3 sends them.
class HealthPagesTest {
    private ServedPort served;

    @BeforeEach
    void open() throws IOException {
        served = new ServedPort(Map.of());
    }

    @AfterEach
    void close() {
        served.close();
    }

    private void answers(String path, int status, String body) throws IOException {
        String answer = RawHttp.get(served.port(), path);
        assertEquals(status, RawHttp.status(answer), path);
        assertEquals(body, RawHttp.body(answer), path);
    }

    @Test
    void hth01() throws IOException {
        answers("/health", 200, "{\"health\":\"true\",\"reason\":\"\"}");
        served.member.leader = false;
        answers("/health", 503, "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}\n");
        String refused = RawHttp.exchange(
                served.port(), "POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        assertEquals(405, RawHttp.status(refused));
        assertTrue(refused.contains("allow: GET\r\n"), refused);
        assertEquals("Method Not Allowed\n", RawHttp.body(refused));
    }

    /// Alarms come before the leader, the leader before the read.
    @Test
    void hth02() throws IOException {
        served.member.linearizable = CompletableFuture.failedFuture(new IllegalStateException("etcdserver: \"no\""));
        answers("/health", 503, "{\"health\":\"false\",\"reason\":\"RANGE ERROR:etcdserver: \\\"no\\\"\"}\n");
        served.member.leader = false;
        answers("/health", 503, "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}\n");
        served.member.alarms = List.of("CORRUPT");
        answers("/health", 503, "{\"health\":\"false\",\"reason\":\"ALARM CORRUPT\"}\n");
        served.member.alarms = List.of("NOSPACE", "CORRUPT");
        answers("/health", 503, "{\"health\":\"false\",\"reason\":\"ALARM NOSPACE\"}\n");
        assertEquals(4, served.counts.failures());
    }

    @Test
    void hth03() throws IOException {
        served.member.alarms = List.of("NOSPACE", "CORRUPT");
        answers("/health?exclude=NOSPACE", 503, "{\"health\":\"false\",\"reason\":\"ALARM CORRUPT\"}\n");
        answers("/health?exclude=NOSPACE&exclude=CORRUPT", 200, "{\"health\":\"true\",\"reason\":\"\"}");
        served.member.alarms = List.of();
        served.member.leader = false;
        served.member.linearizable = new CompletableFuture<>();
        answers("/health?serializable=true", 200, "{\"health\":\"true\",\"reason\":\"\"}");
    }

    @Test
    void hth04() throws IOException {
        answers("/livez", 200, "ok\n");
        answers("/readyz", 200, "ok\n");
        served.member.alarms = List.of("NOSPACE");
        answers("/readyz", 200, "ok\n");
        served.member.alarms = List.of("CORRUPT");
        answers("/livez", 200, "ok\n");
        answers(
                "/readyz",
                503,
                "[-]data_corruption failed: alarm activated: CORRUPT\n[+]serializable_read ok\n"
                        + "[+]linearizable_read ok\n[+]non_learner ok\n\n");
        served.member.serializable = CompletableFuture.failedFuture(new IllegalStateException("broken"));
        answers("/livez", 503, "[-]serializable_read failed: broken\n\n");
    }

    @Test
    void hth05() throws IOException {
        answers("/livez?verbose", 200, "[+]serializable_read ok\nok\n");
        answers("/readyz/linearizable_read?verbose", 200, "[+]linearizable_read ok\nok\n");
        served.member.alarms = List.of("CORRUPT");
        answers("/readyz?exclude=data_corruption&exclude=made-up", 200, "ok\n");
        answers("/readyz/data_corruption", 503, "[-]data_corruption failed: alarm activated: CORRUPT\n\n");
        answers("/readyz/made-up", 404, "404 page not found\n");
    }
}
