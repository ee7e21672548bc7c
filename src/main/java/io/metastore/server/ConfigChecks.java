package io.metastore.server;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The rules that tie several keys together. A problem stops the start; a warning asks for a second look.
public final class ConfigChecks {
    private static final long QUOTA_SUGGESTED = 8L << 30;
    private static final long REQUEST_SUGGESTED = 10L << 20;

    private final ServerConfig config;
    private final List<String> problems = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    private ConfigChecks(ServerConfig config) {
        this.config = config;
    }

    /// What was found, each a sentence that names key, value and limit.
    public record Findings(List<String> problems, List<String> warnings) {}

    /// Checks a tree whose single values are known to be well-formed and within their limits. Looks at the
    /// file system only to see whether named files can be read.
    public static Findings check(ServerConfig config) {
        ConfigChecks checks = new ConfigChecks(config);
        checks.member();
        checks.addresses();
        checks.cluster();
        checks.limits();
        checks.tls();
        checks.logging();
        checks.batching();
        return new Findings(List.copyOf(checks.problems), List.copyOf(checks.warnings));
    }

    /// LIM-01.
    private void member() {
        Duration heartbeat = config.member().heartbeatInterval();
        Duration election = config.member().electionTimeout();
        if (election.compareTo(heartbeat.multipliedBy(5)) < 0) {
            problem(
                    "election-timeout: %d ms is less than five times heartbeat-interval (%d ms): it must be at least %d ms"
                            .formatted(
                                    election.toMillis(),
                                    heartbeat.toMillis(),
                                    heartbeat.multipliedBy(5).toMillis()));
        }
        try {
            Path dataDir = Path.of(config.member().dataDir());
            if (Files.exists(dataDir) && !Files.isDirectory(dataDir)) {
                problem("data-dir: \"%s\" is not a folder".formatted(dataDir));
            }
        } catch (InvalidPathException notOne) {
            problem("data-dir: \"%s\" is not a path: %s"
                    .formatted(config.member().dataDir(), notOne.getReason()));
        }
    }

    private void addresses() {
        ServerConfig.Listen listen = config.listen();
        bindable("listen-client-urls", listen.listenClientUrls());
        bindable("listen-peer-urls", listen.listenPeerUrls());
        bindable("listen-metrics-urls", listen.listenMetricsUrls().orElse(List.of()));
        for (URI url : listen.advertiseClientUrls()) {
            if (Urls.isEverywhere(url)) {
                problem(
                        ("advertise-client-urls: \"%s\" means all interfaces, which is no address for others: set it to an"
                                        + " address that clients can reach")
                                .formatted(url));
            }
        }
        Set<Integer> taken = new HashSet<>();
        Stream.of(
                        listen.listenClientUrls(),
                        listen.listenPeerUrls(),
                        listen.listenMetricsUrls().orElse(List.of()))
                .map(urls -> urls.stream()
                        .map(URI::getPort)
                        .filter(port -> port != 0)
                        .collect(Collectors.toSet()))
                .flatMap(Set::stream)
                .filter(port -> !taken.add(port))
                .forEach(port -> warnings.add("port " + port + " is named by more than one of listen-client-urls,"
                        + " listen-peer-urls and listen-metrics-urls: that only works on different addresses"));
    }

    private void bindable(String key, List<URI> urls) {
        for (URI url : urls) {
            if (!Urls.isBindable(url)) {
                problem("%s: \"%s\" must name an IP address or localhost to listen at".formatted(key, url));
            }
        }
        if (new HashSet<>(urls).size() < urls.size()) {
            problem("%s: names the same address twice".formatted(key));
        }
    }

    private void cluster() {
        ServerConfig.Cluster keys = config.cluster();
        for (URI url : Stream.concat(
                        keys.initialAdvertisePeerUrls().stream(), config.listen().listenPeerUrls().stream())
                .toList()) {
            if (Urls.isHttps(url)) {
                problem("peer address \"%s\": TLS between members is not there yet: write http".formatted(url));
            }
        }
        if (keys.initialClusterState().equals("existing")) {
            problem("initial-cluster-state: \"existing\": joining an existing cluster is not there yet: write new");
        }
        if (keys.initialCluster().isEmpty()) {
            return;
        }
        InitialCluster initial;
        try {
            initial = InitialCluster.parse(keys.initialCluster().get());
        } catch (IllegalArgumentException notOne) {
            problem("initial-cluster: %s".formatted(notOne.getMessage()));
            return;
        }
        String name = config.member().name();
        List<URI> own = initial.members().get(name);
        if (own == null) {
            problem("initial-cluster: does not name this member, \"%s\" (it names %s)"
                    .formatted(name, String.join(", ", initial.members().keySet())));
        } else if (!same(own, keys.initialAdvertisePeerUrls())) {
            problem(("initial-cluster: has %s for this member, \"%s\", but initial-advertise-peer-urls is %s: they must"
                            + " be the same")
                    .formatted(joined(own), name, joined(keys.initialAdvertisePeerUrls())));
        }
        if (initial.members().size() > 1) {
            problem("initial-cluster: names %d members: a cluster of more than one member is not there yet"
                    .formatted(initial.members().size()));
        }
    }

    private void limits() {
        if (config.limits().quotaBackendBytes() > QUOTA_SUGGESTED) {
            warnings.add("quota-backend-bytes: %d is above the suggested maximum of 8 GiB"
                    .formatted(config.limits().quotaBackendBytes()));
        }
        if (config.limits().maxRequestBytes() > REQUEST_SUGGESTED) {
            warnings.add("max-request-bytes: %d is above the suggested maximum of 10 MiB"
                    .formatted(config.limits().maxRequestBytes()));
        }
        if (config.limits().maxRequestBytes() > config.queue().bytes()) {
            problem("max-request-bytes: %d is more than the queue holds (queue.bytes: %d)"
                    .formatted(config.limits().maxRequestBytes(), config.queue().bytes()));
        }
        try {
            Retention.parse(
                    config.compaction().autoCompactionMode(),
                    config.compaction().autoCompactionRetention());
        } catch (IllegalArgumentException notOne) {
            problem("auto-compaction-retention: \"%s\" %s"
                    .formatted(config.compaction().autoCompactionRetention(), notOne.getMessage()));
        }
    }

    private void tls() {
        ServerConfig.Tls tls = config.tls();
        if (tls.certFile().isPresent() != tls.keyFile().isPresent()) {
            problem("cert-file and key-file: one is set and the other is not; TLS needs both");
        }
        readable("cert-file", tls.certFile());
        readable("key-file", tls.keyFile());
        readable("trusted-ca-file", tls.trustedCaFile());
        readable("client-crl-file", tls.clientCrlFile());
        if (tls.clientCertAuth() && tls.trustedCaFile().isEmpty()) {
            problem("client-cert-auth: needs trusted-ca-file, else no client certificate could be believed");
        }
        boolean certificate = tls.certFile().isPresent() || tls.autoTls();
        boolean https = Stream.concat(
                        config.listen().listenClientUrls().stream(),
                        config.listen().listenMetricsUrls().orElse(List.of()).stream())
                .anyMatch(Urls::isHttps);
        if (https && !certificate) {
            problem("listen-client-urls or listen-metrics-urls: https needs cert-file and key-file, or auto-tls");
        }
        boolean clientHttps = config.listen().listenClientUrls().stream().anyMatch(Urls::isHttps);
        if (!clientHttps && (certificate || tls.clientCertAuth())) {
            warnings.add("TLS is set up, but no address of listen-client-urls is https: clients speak in the clear");
        }
        if (tls.autoTls() && tls.certFile().isPresent()) {
            warnings.add("auto-tls: ignored, because cert-file is set");
        }
        tls.tlsMaxVersion()
                .filter(newest -> newest.compareTo(tls.tlsMinVersion()) < 0)
                .ifPresent(newest -> problem("tls-max-version: \"%s\" is below tls-min-version (%s)"
                        .formatted(newest, tls.tlsMinVersion())));
        if (tls.cipherSuites().isPresent() && tls.tlsMinVersion().equals("TLS1.3")) {
            problem("cipher-suites: cannot be chosen when tls-min-version is TLS1.3");
        }
    }

    private void logging() {
        if (config.logging().logFormat().equals("json")) {
            warnings.add("log-format: json is not there yet: log lines are plain text");
        }
        List<String> outputs = config.logging().logOutputs();
        if (outputs.stream().anyMatch(output -> output.startsWith("systemd"))) {
            problem("log-outputs: \"%s\": the journal is not there yet: write stderr, which systemd collects"
                    .formatted(joined(outputs)));
        }
        Set<String> console = Set.of("default", "stderr", "stdout");
        if (outputs.stream().filter(console::contains).count() > 1
                || outputs.stream().filter(output -> !console.contains(output)).count() > 1) {
            problem("log-outputs: \"%s\": at most one of default, stderr and stdout, and at most one file"
                    .formatted(joined(outputs)));
        }
    }

    private void batching() {
        if (config.batch().bytes() > config.batch().inflightBytes()) {
            problem("batch.bytes: %d is more than may be in flight (batch.inflight-bytes: %d)"
                    .formatted(config.batch().bytes(), config.batch().inflightBytes()));
        }
        if (config.batch().commands() > config.queue().commands()) {
            problem("batch.commands: %d is more than the queue holds (queue.commands: %d)"
                    .formatted(config.batch().commands(), config.queue().commands()));
        }
    }

    private void readable(String key, Optional<String> file) {
        file.filter(name -> !Files.isReadable(Path.of(name)))
                .ifPresent(name -> problem("%s: \"%s\" cannot be read".formatted(key, name)));
    }

    private void problem(String sentence) {
        problems.add(sentence);
    }

    private static boolean same(List<URI> left, List<URI> right) {
        return comparable(left).equals(comparable(right));
    }

    private static Set<String> comparable(List<URI> urls) {
        return urls.stream().map(url -> url.toString().toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
    }

    private static String joined(List<?> parts) {
        return parts.stream().map(Object::toString).collect(Collectors.joining(","));
    }
}
