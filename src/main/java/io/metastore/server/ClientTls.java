package io.metastore.server;

import io.metastore.server.tls.ReloadedTls;
import io.metastore.server.tls.SelfSigned;
import io.metastore.server.tls.TlsFailure;
import io.metastore.server.tls.TlsFile;
import io.metastore.server.tls.TlsSettings;
import io.metastore.server.tls.TlsSettings.Allowed;
import io.metastore.server.tls.TlsSettings.Own;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// TLS for clients as the configuration asks for it.
final class ClientTls {
    private ClientTls() {}

    /// Where the certificate for clients is shown, when the address is https.
    static Stream<URI> addresses(ServerConfig.Listen listen) {
        return Stream.of(
                        Optional.of(listen.listenClientUrls()),
                        listen.listenMetricsUrls(),
                        listen.listenClientHttpUrls())
                .flatMap(Optional::stream)
                .flatMap(List::stream);
    }

    /// Empty when no address is https.
    ///
    /// @throws TlsFailure naming the file or setting that cannot be used
    static Optional<ReloadedTls> from(EffectiveConfig config) throws TlsFailure {
        List<URI> secure =
                addresses(config.keys().listen()).filter(Urls::isHttps).toList();
        if (secure.isEmpty()) {
            return Optional.empty();
        }
        ServerConfig.Tls keys = config.keys().tls();
        Own own;
        if (keys.certFile().isPresent() && keys.keyFile().isPresent()) {
            own = new Own(
                    new TlsFile("cert-file", Path.of(keys.certFile().get())),
                    new TlsFile("key-file", Path.of(keys.keyFile().get())));
        } else {
            List<URI> known = new ArrayList<>(secure);
            known.addAll(config.keys().listen().advertiseClientUrls());
            own = SelfSigned.in(
                            "auto-tls",
                            config.dataDir().resolve("auto-tls"),
                            Urls.names(known),
                            keys.selfSignedCertValidity())
                    .own();
        }
        return Optional.of(new ReloadedTls(
                new TlsSettings(
                        Optional.of(own),
                        // As in etcd, naming the authorities is enough to demand a certificate.
                        keys.clientCertAuth() || keys.trustedCaFile().isPresent(),
                        keys.trustedCaFile().map(name -> new TlsFile("trusted-ca-file", Path.of(name))),
                        keys.clientCrlFile().map(name -> new TlsFile("client-crl-file", Path.of(name))),
                        new Allowed(List.of(), keys.clientCertAllowedHostname().orElse(List.of())),
                        false,
                        keys.tlsMinVersion(),
                        keys.tlsMaxVersion(),
                        keys.cipherSuites().orElse(List.of())),
                // Whoever listens says why a handshake failed.
                (_, _) -> {}));
    }
}
