package io.metastore.server;

import io.metastore.measure.RareLine;
import io.metastore.server.tls.DialingTls;
import io.metastore.server.tls.RefusedCertificate;
import io.metastore.server.tls.ReloadedTls;
import io.metastore.server.tls.SelfSigned;
import io.metastore.server.tls.TlsFailure;
import io.metastore.server.tls.TlsFile;
import io.metastore.server.tls.TlsOffer;
import io.metastore.server.tls.TlsSettings;
import io.metastore.server.tls.TlsSettings.Allowed;
import io.metastore.server.tls.TlsSettings.Own;
import io.netty.handler.ssl.SslContext;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/// TLS between members as the configuration asks for it, both sides of it: that of the peer addresses where
/// this member listens, and that by which it dials the others. Files may be replaced while the member runs:
/// connections made a second after that use the new ones, those that are there stay.
///
/// Certificates that are not let in are told in the log where this member dials, at most one line in ten
/// seconds for each host. Where it listens they end the handshake with a [RefusedCertificate], for the
/// listener to log.
final class PeerTls implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(PeerTls.class);

    private final Optional<ReloadedTls> server;
    private final Optional<DialingTls> client;
    /// By host: those that the configuration of the cluster names.
    private final Map<String, RareLine> refused = new ConcurrentHashMap<>();

    private PeerTls(Optional<TlsSettings> listening, Optional<TlsSettings> dialing) throws TlsFailure {
        server = listening.isPresent() ? Optional.of(new ReloadedTls(listening.get(), (_, _) -> {})) : Optional.empty();
        try {
            client = dialing.isPresent() ? Optional.of(new DialingTls(dialing.get(), this::refused)) : Optional.empty();
        } catch (TlsFailure failure) {
            server.ifPresent(ReloadedTls::close);
            throw failure;
        }
    }

    /// Reads the files, or makes a certificate where peer-auto-tls asks for it.
    ///
    /// @throws TlsFailure naming the file or setting that cannot be used
    static PeerTls from(EffectiveConfig config) throws TlsFailure {
        ServerConfig keys = config.keys();
        PeerTlsConfig peer = keys.peerTls();
        List<URI> secure = new ArrayList<>(keys.listen().listenPeerUrls());
        secure.removeIf(url -> !Urls.isHttps(url));
        Optional<Own> own = pair("peer-", peer.peerCertFile(), peer.peerKeyFile());
        // As in etcd, a certificate that is given makes peer-auto-tls void, and else it makes void what is to be
        // verified: nobody has signed what members make for themselves.
        boolean auto = own.isEmpty() && peer.peerAutoTls();
        boolean listens = !secure.isEmpty();
        boolean dials = own.isPresent()
                || auto
                || Stream.concat(
                                config.initialCluster().members().values().stream()
                                        .flatMap(Collection::stream),
                                keys.cluster().initialAdvertisePeerUrls().stream())
                        .anyMatch(Urls::isHttps);
        if (auto) {
            secure.addAll(keys.cluster().initialAdvertisePeerUrls());
            own = Optional.of(SelfSigned.in(
                            "peer-auto-tls",
                            config.dataDir().resolve("peer-auto-tls"),
                            Urls.names(secure),
                            keys.tls().selfSignedCertValidity())
                    .own());
        }
        TlsSettings settings = new TlsSettings(
                own,
                !auto && (peer.peerClientCertAuth() || peer.peerTrustedCaFile().isPresent()),
                peer.peerTrustedCaFile().map(name -> new TlsFile("peer-trusted-ca-file", Path.of(name))),
                peer.peerCrlFile().map(name -> new TlsFile("peer-crl-file", Path.of(name))),
                new Allowed(
                        peer.peerCertAllowedCn().orElse(List.of()),
                        peer.peerCertAllowedHostname().orElse(List.of())),
                !peer.peerSkipClientSanVerification(),
                keys.tls().tlsMinVersion(),
                keys.tls().tlsMaxVersion(),
                keys.tls().cipherSuites().orElse(List.of()));
        Optional<Own> shown = pair("peer-client-", peer.peerClientCertFile(), peer.peerClientKeyFile());
        return new PeerTls(
                listens ? Optional.of(settings) : Optional.empty(),
                dials ? Optional.of(settings.dialing(!auto, shown)) : Optional.empty());
    }

    private static Optional<Own> pair(String prefix, Optional<String> cert, Optional<String> key) {
        return cert.isPresent() && key.isPresent()
                ? Optional.of(new Own(
                        new TlsFile(prefix + "cert-file", Path.of(cert.get())),
                        new TlsFile(prefix + "key-file", Path.of(key.get()))))
                : Optional.empty();
    }

    private void refused(String host, RefusedCertificate refusal) {
        RareLine line = refused.computeIfAbsent(host, _ -> new RareLine());
        if (line.isDue()) {
            LOG.warnf("member is not dialed: %s%s", refusal.getMessage(), line.suppressed("connections"));
        }
    }

    /// For the https addresses of listen-peer-urls; empty when there is none. Certificates are demanded as
    /// etcd does: when peer-client-cert-auth or peer-trusted-ca-file is set. Handshakes run on threads of
    /// their own where they may ask a name server.
    Optional<TlsOffer> server() {
        return server.map(TlsOffer.class::cast);
    }

    /// For channels of gRPC to https peer addresses; empty when neither a certificate nor such an address is
    /// set. The context is good for all channels and all of their life: it takes the files that are there
    /// when a connection is made. The certificate of the other side must be for the host that the channel was
    /// made for.
    Optional<SslContext> client() {
        return client.map(SslContext.class::cast);
    }

    /// Stops looking at the files. Called once, when neither side is used any more.
    @Override
    public void close() {
        server.ifPresent(ReloadedTls::close);
        client.ifPresent(DialingTls::close);
    }
}
