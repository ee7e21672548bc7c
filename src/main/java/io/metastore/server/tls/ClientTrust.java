package io.metastore.server.tls;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/// Which client certificates are believed: those whose authority is, that nobody has revoked, and that bear an allowed
/// host name where some are given.
final class ClientTrust extends X509ExtendedTrustManager {
    private static final int DNS_NAME = 2;
    private static final int IP_ADDRESS = 7;

    private final X509ExtendedTrustManager authorities;
    private final List<X509CRL> revocations;
    private final List<String> hostnames;

    ClientTrust(X509ExtendedTrustManager authorities, List<X509CRL> revocations, List<String> hostnames) {
        this.authorities = authorities;
        this.revocations = revocations;
        this.hostnames = hostnames;
    }

    private void check(X509Certificate[] chain) throws CertificateException {
        for (X509Certificate certificate : chain) {
            for (X509CRL list : revocations) {
                if (list.isRevoked(certificate)) {
                    throw new CertificateException("the certificate of " + certificate.getSubjectX500Principal()
                            + " with serial number " + certificate.getSerialNumber().toString(16) + " is revoked");
                }
            }
        }
        if (!hostnames.isEmpty() && hostnames.stream().noneMatch(name -> bears(chain[0], name))) {
            throw new CertificateException("the certificate of " + chain[0].getSubjectX500Principal()
                    + " bears none of the allowed host names");
        }
    }

    private static boolean bears(X509Certificate certificate, String hostname) {
        try {
            var names = certificate.getSubjectAlternativeNames();
            if (names == null) {
                return false;
            }
            for (List<?> name : names) {
                int kind = (Integer) name.get(0);
                if ((kind == DNS_NAME || kind == IP_ADDRESS) && matches((String) name.get(1), hostname)) {
                    return true;
                }
            }
            return false;
        } catch (CertificateException _) {
            return false; // names that cannot be read are no allowed names
        }
    }

    /// A leading `*` stands for one label.
    private static boolean matches(String pattern, String hostname) {
        String wanted = hostname.toLowerCase(Locale.ROOT);
        String given = pattern.toLowerCase(Locale.ROOT);
        int dot = wanted.indexOf('.');
        return given.equals(wanted) || given.startsWith("*.") && dot > 0 && given.substring(1).equals(wanted.substring(dot));
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        authorities.checkClientTrusted(chain, type, engine);
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        authorities.checkClientTrusted(chain, type, socket);
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
        authorities.checkClientTrusted(chain, type);
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        throw new CertificateException("this side is the server");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        throw new CertificateException("this side is the server");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
        throw new CertificateException("this side is the server");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return authorities.getAcceptedIssuers();
    }
}
