package io.metastore.server.tls;

import java.net.InetAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.CertificateParsingException;
import java.security.cert.PKIXReason;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.security.auth.x500.X500Principal;

/// Which certificates of the other side are let in: those whose authority is believed, that nobody has
/// revoked, that bear an allowed name where some are given, and that are for the host that shows them where
/// that is asked.
///
/// Judges connections of an [SSLEngine] only, which is all that netty makes; its peer host is who shows the
/// certificate.
final class CertificateTrust extends X509ExtendedTrustManager {
    private static final String SOCKETS = "only connections of an engine are judged";
    private static final Set<?> NO_AUTHORITY =
            Set.of(PKIXReason.NO_TRUST_ANCHOR, BasicReason.INVALID_SIGNATURE, PKIXReason.NAME_CHAINING);

    private final X509ExtendedTrustManager authorities;
    private final List<X509CRL> revocations;
    private final TlsSettings settings;
    private final HostRule rule;
    private final Refusals refusals;

    /// What the names of a certificate have to do with the host that shows it.
    enum HostRule {
        NONE,
        /// The names of a certificate that has any must mean the address that the connection comes from. May
        /// ask a name server.
        ORIGIN,
        /// The certificate must be for the host that was dialed.
        DIALED
    }

    CertificateTrust(
            X509ExtendedTrustManager authorities,
            List<X509CRL> revocations,
            TlsSettings settings,
            HostRule rule,
            Refusals refusals) {
        this.authorities = authorities;
        this.revocations = revocations;
        this.settings = settings;
        this.rule = rule;
        this.refusals = refusals;
    }

    /// The judgement of the authorities.
    private interface Judgement {
        void judge() throws CertificateException;
    }

    private void check(X509Certificate[] chain, SSLEngine engine, Judgement judgement) throws RefusedCertificate {
        String host = engine.getPeerHost() == null ? "" : engine.getPeerHost();
        String why;
        CertificateException cause = null;
        try {
            judgement.judge();
            why = objection(chain, host);
        } catch (CertificateException e) {
            why = inWords(chain, host, e);
            cause = e;
        }
        if (!why.isEmpty()) {
            RefusedCertificate refusal = new RefusedCertificate(
                    "%s shows a certificate of %s (serial number %s), which %s"
                            .formatted(
                                    shownBy(engine, host),
                                    subject(chain[0]),
                                    chain[0].getSerialNumber().toString(16),
                                    why),
                    cause);
            refusals.refused(host, refusal);
            throw refusal;
        }
    }

    private static String shownBy(SSLEngine engine, String host) {
        if (host.isEmpty()) {
            return "the other side";
        }
        return host.contains(":") && !host.startsWith("[")
                ? "[" + host + "]:" + engine.getPeerPort()
                : host + ":" + engine.getPeerPort();
    }

    private static String subject(X509Certificate certificate) {
        String name = certificate.getSubjectX500Principal().getName(X500Principal.RFC2253);
        return name.isEmpty() ? "nobody" : name;
    }

    /// What speaks against a certificate whose authority is believed; empty: nothing.
    private String objection(X509Certificate[] chain, String host) {
        for (X509Certificate certificate : chain) {
            if (revocations.stream().anyMatch(list -> list.isRevoked(certificate))) {
                return certificate == chain[0]
                        ? "is revoked"
                        : "is signed by " + subject(certificate) + ", whose certificate is revoked";
            }
        }
        try {
            return objectionByNames(chain[0], host);
        } catch (CertificateParsingException e) {
            return "has names that cannot be read: " + e.getMessage();
        }
    }

    private String objectionByNames(X509Certificate own, String host) throws CertificateParsingException {
        List<String> commonNames = settings.allowed().commonNames();
        if (!commonNames.isEmpty() && !commonNames.contains(CertificateNames.commonName(own))) {
            return "has none of the allowed common names (" + String.join(", ", commonNames) + ")";
        }
        CertificateNames names = CertificateNames.of(own);
        List<String> hostnames = settings.allowed().hostnames();
        if (!hostnames.isEmpty() && hostnames.stream().noneMatch(names::include)) {
            return "bears none of the allowed host names (" + String.join(", ", hostnames) + ")";
        }
        boolean fits = switch (rule) {
            case NONE -> true;
            case ORIGIN -> names.all().isEmpty() || isFrom(names, host);
            case DIALED -> names.include(host);
        };
        return fits ? "" : "is for " + (names.all().isEmpty() ? "no host" : String.join(", ", names.all())) + " only";
    }

    private static boolean isFrom(CertificateNames names, String host) {
        try {
            return CertificateNames.isAddress(host) && names.mean(InetAddress.getByName(host));
        } catch (UnknownHostException _) {
            return false; // from nowhere that could be looked up
        }
    }

    /// Why the authorities do not believe in a certificate, for somebody who has to make another one.
    private String inWords(X509Certificate[] chain, String host, CertificateException refusal) {
        for (X509Certificate certificate : chain) {
            String whose = certificate == chain[0] ? "" : "is signed by " + subject(certificate) + ", which ";
            try {
                certificate.checkValidity();
            } catch (CertificateExpiredException _) {
                return whose + "has expired at " + certificate.getNotAfter().toInstant();
            } catch (CertificateNotYetValidException _) {
                return whose + "is not valid before "
                        + certificate.getNotBefore().toInstant();
            }
        }
        for (Throwable cause = refusal; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertPathBuilderException
                    || cause instanceof CertPathValidatorException path && NO_AUTHORITY.contains(path.getReason())) {
                return "is signed by no authority "
                        + settings.trustedCa()
                                .map(file -> "of " + file.key() + " \"" + file.path() + "\"")
                                .orElse("that this system knows");
            }
        }
        String objection = objection(chain, host);
        return objection.isEmpty() ? "cannot be believed: " + refusal.getMessage() : objection;
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        check(chain, engine, () -> authorities.checkClientTrusted(chain, type, engine));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        check(chain, engine, () -> authorities.checkServerTrusted(chain, type, engine));
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        throw new CertificateException(SOCKETS);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        throw new CertificateException(SOCKETS);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
        throw new CertificateException(SOCKETS);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
        throw new CertificateException(SOCKETS);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return authorities.getAcceptedIssuers();
    }
}
