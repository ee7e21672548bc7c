package io.metastore.server;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.WithDefault;
import java.util.List;
import java.util.Optional;

/// The part of {@link ServerConfig} that says how members know each other, by etcd's names.
@RegisterForReflection // the help and the checks read it in a native executable too
@Section(value = "TLS between members", order = 7)
public interface PeerTlsConfig {
    @Setting("PEM file with the certificate that this member shows to other members, and its chain. Members that"
            + " dial this one must find the host of its peer address in it.")
    Optional<String> peerCertFile();

    @Setting("PEM file with the private key of peer-cert-file.")
    Optional<String> peerKeyFile();

    @Setting(
            value = "PEM file with another certificate for this member to show where it dials other members.",
            fallback = "peer-cert-file")
    Optional<String> peerClientCertFile();

    @Setting(
            value = "PEM file with the private key of peer-client-cert-file.",
            fallback = "peer-key-file, unless peer-client-cert-file is set")
    Optional<String> peerClientKeyFile();

    @Setting("Demand a certificate of every member that connects, signed by peer-trusted-ca-file. Implied by"
            + " peer-trusted-ca-file.")
    @WithDefault("false")
    boolean peerClientCertAuth();

    @Setting(
            value = "PEM file with the authorities whose certificates of members are believed, of those that"
                    + " connect and of those that this member dials.",
            fallback = "the system's authorities, for those that are dialed")
    Optional<String> peerTrustedCaFile();

    @Setting("Make a certificate of its own when none is given, and believe every other; for trials: the traffic"
            + " is encrypted, but whoever reaches a peer address is let in.")
    @WithDefault("false")
    boolean peerAutoTls();

    @Setting("Common names of which a member's certificate must bear one. Cannot be set together with"
            + " peer-cert-allowed-hostname.")
    Optional<List<String>> peerCertAllowedCn();

    @Setting("Host names of which a member's certificate must bear one. Cannot be set together with"
            + " peer-cert-allowed-cn.")
    Optional<List<String>> peerCertAllowedHostname();

    @Setting("File with the certificates of members that were revoked: they are neither let in nor dialed.")
    Optional<String> peerCrlFile();

    @Setting("Let in a member's certificate that names other hosts or addresses than the one the connection comes"
            + " from.")
    @WithDefault("false")
    boolean peerSkipClientSanVerification();
}
