package io.metastore.server.tls;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What one side of TLS is set up with: a listener, or those who dial.
///
/// @param own            what this side shows; empty: nothing, which no listener can do
/// @param verified       whether the other side must show a certificate that is believed
/// @param trustedCa      PEM, the authorities of the other side's certificates; empty: the system's
/// @param crl            PEM or DER, lists of revoked certificates
/// @param allowed        which of the believed certificates are let in
/// @param originVerified whether a listener lets in a certificate that names hosts or addresses from these only
/// @param minVersion     TLS1.2 or TLS1.3
/// @param maxVersion     likewise, empty for the newest
/// @param cipherSuites   for TLS 1.2, by their IANA names or Go's; none: the runtime's choice
public record TlsSettings(
        Optional<Own> own,
        boolean verified,
        Optional<TlsFile> trustedCa,
        Optional<TlsFile> crl,
        Allowed allowed,
        boolean originVerified,
        String minVersion,
        Optional<String> maxVersion,
        List<String> cipherSuites) {
    /// A certificate and its key.
    ///
    /// @param cert PEM, the own certificate first and its chain behind it
    /// @param key  PEM, in PKCS#8, PKCS#1 or SEC 1, not encrypted
    public record Own(TlsFile cert, TlsFile key) {}

    /// Names of which a certificate must bear one, of each kind that is given.
    ///
    /// @param commonNames of the subject
    /// @param hostnames   among the alternative names; a certificate may have a leading `*` for one label
    public record Allowed(List<String> commonNames, List<String> hostnames) {
        public static final Allowed ALL = new Allowed(List.of(), List.of());
    }

    /// The same for the side that dials.
    ///
    /// @param other what it shows in place of the own; empty: the own
    public TlsSettings dialing(boolean verifies, Optional<Own> other) {
        return new TlsSettings(
                other.or(() -> own),
                verifies,
                trustedCa,
                crl,
                allowed,
                originVerified,
                minVersion,
                maxVersion,
                cipherSuites);
    }

    List<TlsFile> files() {
        List<TlsFile> files = new ArrayList<>();
        own.ifPresent(pair -> files.addAll(List.of(pair.cert(), pair.key())));
        trustedCa.ifPresent(files::add);
        crl.ifPresent(files::add);
        return files;
    }
}
