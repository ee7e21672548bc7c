package io.metastore.server;

import io.metastore.server.tls.ReloadedTls;
import io.metastore.server.tls.SelfSigned;
import io.metastore.server.tls.TlsFailure;
import io.metastore.server.tls.TlsSettings;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// TLS for clients as the configuration asks for it.
final class ClientTls {
    private ClientTls() {}

    /// Empty when no address is https.
    ///
    /// @throws TlsFailure naming the file or setting that cannot be used
    static Optional<ReloadedTls> from(EffectiveConfig config) throws TlsFailure {
        List<URI> secure = new ArrayList<>(config.keys().listen().listenClientUrls());
        config.keys().listen().listenMetricsUrls().ifPresent(secure::addAll);
        secure.removeIf(url -> !Urls.isHttps(url));
        if (secure.isEmpty()) {
            return Optional.empty();
        }
        ServerConfig.Tls keys = config.keys().tls();
        Path cert;
        Path key;
        if (keys.certFile().isPresent() && keys.keyFile().isPresent()) {
            cert = Path.of(keys.certFile().get());
            key = Path.of(keys.keyFile().get());
        } else {
            SelfSigned made = SelfSigned.in(
                    config.dataDir().resolve("auto-tls"), hosts(config, secure), keys.selfSignedCertValidity());
            cert = made.certFile();
            key = made.keyFile();
        }
        return Optional.of(new ReloadedTls(new TlsSettings(
                cert,
                key,
                keys.trustedCaFile().map(Path::of),
                keys.clientCrlFile().map(Path::of),
                // As in etcd, naming the authorities is enough to demand a certificate.
                keys.clientCertAuth() || keys.trustedCaFile().isPresent(),
                keys.clientCertAllowedHostname().orElse(List.of()),
                keys.tlsMinVersion(),
                keys.tlsMaxVersion(),
                keys.cipherSuites().orElse(List.of()))));
    }

    /// What clients may call this member: where it listens, and where it says it does.
    private static List<String> hosts(EffectiveConfig config, List<URI> secure) {
        Set<String> hosts = new LinkedHashSet<>();
        List<URI> urls = new ArrayList<>(secure);
        urls.addAll(config.keys().listen().advertiseClientUrls());
        for (URI url : urls) {
            if (!Urls.isEverywhere(url)) {
                String host = Urls.host(url);
                hosts.add(host.startsWith("[") ? host.substring(1, host.length() - 1) : host);
            }
        }
        hosts.add("localhost");
        hosts.add("127.0.0.1");
        return List.copyOf(hosts);
    }
}
