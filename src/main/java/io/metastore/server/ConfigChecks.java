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
    private static final long REVISIONS_SUGGESTED = 1_000_000_000;

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
        checks.peerTls();
        checks.tokens();
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

    private void tokens() {
        try {
            TokenConfig.parse(config.auth().authToken());
        } catch (IllegalArgumentException wrong) {
            problem("auth-token: " + wrong.getMessage());
        }
    }

    private void addresses() {
        ServerConfig.Listen listen = config.listen();
        bindable("listen-client-urls", listen.listenClientUrls());
        bindable("listen-peer-urls", listen.listenPeerUrls());
        bindable("listen-metrics-urls", listen.listenMetricsUrls().orElse(List.of()));
        bindable("listen-client-http-urls", listen.listenClientHttpUrls().orElse(List.of()));
        for (URI url : listen.advertiseClientUrls()) {
            if (Urls.isEverywhere(url)) {
                warnings.add(
                        ("advertise-client-urls: \"%s\" means all interfaces, which is no address for others: set it"
                                        + " to an address that clients can reach")
                                .formatted(url));
            }
        }
        for (URI url : config.cluster().initialAdvertisePeerUrls()) {
            if (Urls.isEverywhere(url)) {
                warnings.add(
                        ("initial-advertise-peer-urls: \"%s\" means all interfaces, which is no address for others:"
                                        + " set it to an address that members can reach")
                                .formatted(url));
            }
        }
        Set<Integer> taken = new HashSet<>();
        Stream.of(
                        listen.listenClientUrls(),
                        listen.listenPeerUrls(),
                        listen.listenMetricsUrls().orElse(List.of()),
                        listen.listenClientHttpUrls().orElse(List.of()))
                .map(urls -> urls.stream()
                        .map(URI::getPort)
                        .filter(port -> port != 0)
                        .collect(Collectors.toSet()))
                .flatMap(Set::stream)
                .filter(port -> !taken.add(port))
                .forEach(
                        port -> warnings.add(
                                "port " + port + " is named by more than one of listen-client-urls,"
                                        + " listen-peer-urls, listen-metrics-urls and listen-client-http-urls: that only works on different addresses"));
    }

    private void bindable(String key, List<URI> urls) {
        for (URI url : urls) {
            if (!Urls.isBindable(url)) {
                problem("%s: \"%s\" must name an IP address or localhost to listen at".formatted(key, url));
            }
        }
    }

    private void cluster() {
        ServerConfig.Cluster keys = config.cluster();
        if (keys.initialCluster().isEmpty()) {
            // A member that has its data looks at this no more, as in etcd: people leave it there.
            if (keys.initialClusterState().equals("existing") && !hasData()) {
                problem("initial-cluster-state: \"existing\" needs initial-cluster with the members that are there and"
                        + " this one, as etcdctl member add prints it");
            }
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
    }

    private boolean hasData() {
        try {
            return Files.isDirectory(Path.of(config.member().dataDir(), "member", "raft"));
        } catch (InvalidPathException _) {
            return false; // complained of by member()
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
        if (config.limits().maxRequestBytes() > EffectiveConfig.REQUEST_MAX) {
            warnings.add("max-request-bytes: %d counts as %d, the most that is built"
                    .formatted(config.limits().maxRequestBytes(), EffectiveConfig.REQUEST_MAX));
        }
        if (new EffectiveConfig(config).maxRequestBytes() > config.queue().bytes()) {
            warnings.add("max-request-bytes: is more than queue.bytes (%d), so the queue holds %d bytes"
                    .formatted(config.queue().bytes(), new EffectiveConfig(config).queueBytes()));
        }
        if (config.compaction().compactionBatchLimit() > EffectiveConfig.STEP_MAX) {
            warnings.add("compaction-batch-limit: %d counts as %d"
                    .formatted(config.compaction().compactionBatchLimit(), EffectiveConfig.STEP_MAX));
        }
        if (config.limits().maxTxnOps() == 0) {
            warnings.add("max-txn-ops: 0 refuses every transaction that holds an operation");
        }
        try {
            Retention retention = Retention.parse(
                    config.compaction().autoCompactionMode(),
                    config.compaction().autoCompactionRetention());
            if (retention instanceof Retention.Revisions(long count) && count >= REVISIONS_SUGGESTED) {
                warnings.add("auto-compaction-retention: \"%s\" keeps %d revisions: nothing will be compacted"
                        .formatted(config.compaction().autoCompactionRetention(), count));
            }
        } catch (IllegalArgumentException notOne) {
            problem("auto-compaction-retention: \"%s\" %s"
                    .formatted(config.compaction().autoCompactionRetention(), notOne.getMessage()));
        }
    }

    private void tls() {
        ServerConfig.Tls tls = config.tls();
        boolean https = ClientTls.addresses(config.listen()).anyMatch(Urls::isHttps);
        // What nobody speaks TLS at needs no files, as in etcd.
        if (https) {
            tlsFiles(tls);
        }
        boolean asked = tls.certFile().isPresent()
                || tls.keyFile().isPresent()
                || tls.trustedCaFile().isPresent()
                || tls.clientCrlFile().isPresent()
                || tls.autoTls()
                || tls.clientCertAuth();
        if (asked && config.listen().listenClientUrls().stream().noneMatch(Urls::isHttps)) {
            warnings.add("TLS is set up, but no address of listen-client-urls is https: clients speak in the clear,"
                    + " and nobody asks them for a certificate");
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

    private void tlsFiles(ServerConfig.Tls tls) {
        if (pair("", tls.certFile(), tls.keyFile()) && tls.certFile().isEmpty() && !tls.autoTls()) {
            problem("listen-client-urls or listen-metrics-urls: https needs cert-file and key-file, or auto-tls");
        }
        if (tls.certFile().isEmpty() && tls.autoTls()) {
            validity("auto-tls");
        }
        readable("trusted-ca-file", tls.trustedCaFile());
        readable("client-crl-file", tls.clientCrlFile());
        if (tls.clientCertAuth() && tls.trustedCaFile().isEmpty()) {
            problem("client-cert-auth: needs trusted-ca-file, else no client certificate could be believed");
        }
    }

    private void peerTls() {
        PeerTlsConfig tls = config.peerTls();
        List<URI> listened = config.listen().listenPeerUrls();
        boolean https = listened.stream().anyMatch(Urls::isHttps);
        boolean given = tls.peerCertFile().isPresent() || tls.peerKeyFile().isPresent();
        // Files are needed to dial others too, whatever the scheme is here, as in etcd.
        if (pair("peer-", tls.peerCertFile(), tls.peerKeyFile()) && https && !given && !tls.peerAutoTls()) {
            problem("listen-peer-urls: \"%s\": https needs peer-cert-file and peer-key-file, or peer-auto-tls"
                    .formatted(joined(listened)));
        }
        if (given) {
            pair("peer-client-", tls.peerClientCertFile(), tls.peerClientKeyFile());
        }
        List<String> verified = verifying(tls);
        if (given && tls.peerAutoTls()) {
            warnings.add("peer-auto-tls: ignored, because peer-cert-file or peer-key-file is set");
        }
        if (tls.peerAutoTls() && !given) {
            validity("peer-auto-tls");
            if (!verified.isEmpty()) {
                warnings.add(
                        ("%s: ignored, because nobody has signed the certificates of peer-auto-tls: whoever reaches"
                                        + " listen-peer-urls is let in; set peer-cert-file and peer-key-file")
                                .formatted(String.join(", ", verified)));
            }
        } else {
            readable("peer-trusted-ca-file", tls.peerTrustedCaFile());
            // What nobody speaks TLS with is not looked at.
            if (https || given) {
                verification(tls, https, verified);
            }
        }
        boolean asked = given || tls.peerAutoTls() || !verified.isEmpty();
        if (asked && !https) {
            warnings.add(
                    ("TLS between members is set up, but no address of listen-peer-urls (%s) is https: members that"
                                    + " connect speak in the clear, and nobody asks them for a certificate")
                            .formatted(joined(listened)));
        }
        for (URI url : config.cluster().initialAdvertisePeerUrls()) {
            if (listened.stream().noneMatch(own -> Urls.isHttps(own) == Urls.isHttps(url))) {
                warnings.add(("initial-advertise-peer-urls: \"%s\" tells members to speak %s, which no address of"
                                + " listen-peer-urls (%s) does")
                        .formatted(url, Urls.isHttps(url) ? "TLS" : "in the clear", joined(listened)));
            }
        }
    }

    /// The keys that are set to have the certificates of members verified.
    private static List<String> verifying(PeerTlsConfig tls) {
        List<String> keys = new ArrayList<>();
        if (tls.peerClientCertAuth()) {
            keys.add("peer-client-cert-auth");
        }
        tls.peerTrustedCaFile().ifPresent(_ -> keys.add("peer-trusted-ca-file"));
        tls.peerCertAllowedCn().ifPresent(_ -> keys.add("peer-cert-allowed-cn"));
        tls.peerCertAllowedHostname().ifPresent(_ -> keys.add("peer-cert-allowed-hostname"));
        tls.peerCrlFile().ifPresent(_ -> keys.add("peer-crl-file"));
        return keys;
    }

    private void verification(PeerTlsConfig tls, boolean https, List<String> verified) {
        readable("peer-crl-file", tls.peerCrlFile());
        if (tls.peerCertAllowedCn().isPresent() && tls.peerCertAllowedHostname().isPresent()) {
            problem("peer-cert-allowed-cn (%s) and peer-cert-allowed-hostname (%s): both are set; take away one of them"
                    .formatted(
                            String.join(",", tls.peerCertAllowedCn().get()),
                            String.join(",", tls.peerCertAllowedHostname().get())));
        }
        if (!https || tls.peerTrustedCaFile().isPresent()) {
            return;
        }
        if (tls.peerClientCertAuth()) {
            problem("peer-client-cert-auth: needs peer-trusted-ca-file, else no certificate of a member could be"
                    + " believed");
        } else if (!verified.isEmpty()) {
            warnings.add(("%s: members that connect are asked for no certificate, so this holds for those that are"
                            + " dialed only; set peer-trusted-ca-file")
                    .formatted(String.join(", ", verified)));
        }
    }

    /// Whether a certificate and its key are both set, or neither.
    private boolean pair(String prefix, Optional<String> cert, Optional<String> key) {
        readable(prefix + "cert-file", cert);
        readable(prefix + "key-file", key);
        if (cert.isPresent() == key.isPresent()) {
            return true;
        }
        problem("%scert-file and %skey-file: one is set and the other is not; TLS needs both"
                .formatted(prefix, prefix));
        return false;
    }

    private void validity(String key) {
        if (config.tls().selfSignedCertValidity() == 0) {
            problem("self-signed-cert-validity: \"0\" is out of range: %s needs at least 1".formatted(key));
        }
    }

    private void logging() {
        if (config.logging().logFormat().equals("json")) {
            warnings.add("log-format: json is not there yet: log lines are plain text");
        }
        config.logging().logOutputs().stream()
                .filter(output -> output.startsWith("systemd/"))
                .forEach(output -> warnings.add(
                        "log-outputs: \"%s\": the journal is not there yet: log lines go to stderr, which systemd collects"
                                .formatted(output)));
        if (!Set.of("basic", "extensive").contains(config.logging().metrics().toLowerCase(Locale.ROOT))) {
            warnings.add("metrics: \"%s\" counts as basic; what else there is: extensive"
                    .formatted(config.logging().metrics()));
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
