package io.metastore.server;

import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/// A real member behind its ports, in this process.
final class ServedMember {
    private ServedMember() {}

    interface Body {
        /// @param port of clients
        void with(Member member, int port) throws Exception;
    }

    /// Runs `body` while a member serves.
    ///
    /// @param more keys of the configuration, each without its prefix
    static void run(Path folder, Map<String, String> more, Body body) throws Exception {
        Map<String, String> keys = new HashMap<>(more);
        keys.put("data-dir", folder.resolve("data").toString());
        keys.put("listen-client-urls", "http://127.0.0.1:0");
        keys.putIfAbsent("listen-peer-urls", "http://127.0.0.1:0");
        EffectiveConfig config = TestConfig.with(keys);
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        try (Member member = new Member(config.keys(), registry, (what, cause) -> {
            throw new AssertionError(what, cause);
        })) {
            member.start();
            MemberPorts ports = new MemberPorts(member, new Serving(member).services(), registry, registry::scrape);
            try {
                ports.openMetrics();
                ports.openClients();
                body.with(member, ports.clientPorts().values().iterator().next());
            } finally {
                ports.stop(Duration.ofSeconds(2));
            }
        }
    }
}
