package io.metastore.server.tls;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// What a TLS listener is set up with.
///
/// @param certFile         PEM, the server's certificate first and its chain behind it
/// @param keyFile          PEM, in PKCS#8, PKCS#1 or SEC 1, not encrypted
/// @param trustedCaFile    PEM, the authorities of client certificates; empty: the system's
/// @param clientCrlFile    PEM or DER, lists of revoked client certificates
/// @param clientAuth       whether every client must show a certificate
/// @param allowedHostnames of which a client certificate must bear one; none: any certificate that is believed
/// @param minVersion       TLS1.2 or TLS1.3
/// @param maxVersion       likewise, empty for the newest
/// @param cipherSuites     for TLS 1.2, by their IANA names or Go's; none: the runtime's choice
public record TlsSettings(
        Path certFile,
        Path keyFile,
        Optional<Path> trustedCaFile,
        Optional<Path> clientCrlFile,
        boolean clientAuth,
        List<String> allowedHostnames,
        String minVersion,
        Optional<String> maxVersion,
        List<String> cipherSuites) {
    List<Path> files() {
        List<Path> files = new java.util.ArrayList<>(List.of(certFile, keyFile));
        trustedCaFile.ifPresent(files::add);
        clientCrlFile.ifPresent(files::add);
        return files;
    }
}
