package io.metastore.server.tls;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.security.auth.x500.X500Principal;

/// The alternative names of a certificate: what it is for. The common name is none of them, as in Go.
///
/// @param hosts     DNS names; a leading `*` stands for one label
/// @param addresses IP addresses as [#asWritten] has them
record CertificateNames(List<String> hosts, List<String> addresses) {
    private static final int DNS_NAME = 2;
    private static final int IP_ADDRESS = 7;

    static CertificateNames of(X509Certificate certificate) throws CertificateParsingException {
        Collection<List<?>> names = certificate.getSubjectAlternativeNames();
        return new CertificateNames(ofKind(names, DNS_NAME), ofKind(names, IP_ADDRESS));
    }

    /// @param names null: none
    private static List<String> ofKind(Collection<List<?>> names, int kind) {
        List<String> found = new ArrayList<>();
        if (names != null) {
            for (List<?> name : names) {
                if (name.get(0).equals(kind)) {
                    found.add(asWritten((String) name.get(1)));
                }
            }
        }
        return found;
    }

    /// The common name of the subject, empty when it has none.
    static String commonName(X509Certificate certificate) throws CertificateParsingException {
        try {
            String name = "";
            // Where there are several, the last one counts in Go.
            for (Rdn part :
                    new LdapName(certificate.getSubjectX500Principal().getName(X500Principal.RFC2253)).getRdns()) {
                Attribute found = part.toAttributes().get("CN");
                if (found != null) {
                    name = String.valueOf(found.get());
                }
            }
            return name;
        } catch (NamingException e) {
            throw new CertificateParsingException("the subject cannot be read: " + e.getMessage(), e);
        }
    }

    static boolean isAddress(String host) {
        return host.contains(":") || host.matches("[0-9.]+");
    }

    /// Addresses of IPv6 have many spellings, and stand in brackets in a URL: the one spelling by which they
    /// are compared here.
    static String asWritten(String host) {
        String bare = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        try {
            return isAddress(bare) ? InetAddress.getByName(bare).getHostAddress() : bare;
        } catch (UnknownHostException _) {
            return bare; // no address after all
        }
    }

    List<String> all() {
        return Stream.concat(hosts.stream(), addresses.stream()).toList();
    }

    /// Whether the certificate is for `host`, a DNS name or an IP address.
    boolean include(String host) {
        String wanted = asWritten(host);
        return isAddress(wanted)
                ? addresses.contains(wanted)
                : hosts.stream().anyMatch(pattern -> matches(pattern, wanted));
    }

    private static boolean matches(String pattern, String hostname) {
        String wanted = hostname.toLowerCase(Locale.ROOT);
        String given = pattern.toLowerCase(Locale.ROOT);
        int dot = wanted.indexOf('.');
        return given.equals(wanted)
                || given.startsWith("*.") && dot > 0 && given.substring(1).equals(wanted.substring(dot));
    }

    /// Whether one of the names means `address`, as etcd asks of members: it is among the addresses, or its
    /// name is among the hosts, or one of the hosts has it. May ask a name server and wait for the answer.
    boolean mean(InetAddress address) {
        // A certificate does not say by which interface an address is reached.
        if (addresses.contains(address.getHostAddress().replaceFirst("%.*", ""))) {
            return true;
        }
        // Java gives a name only when that name leads back to the address.
        return !hosts.isEmpty()
                && (include(address.getCanonicalHostName()) || hosts.stream().anyMatch(host -> leads(host, address)));
    }

    private static boolean leads(String host, InetAddress address) {
        try {
            return !host.startsWith("*")
                    && List.of(InetAddress.getAllByName(host)).contains(address);
        } catch (UnknownHostException _) {
            return false; // a name that leads nowhere does not lead here
        }
    }
}
