package io.metastore.server;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The addresses in a configuration: `http://host:port` or `https://host:port`, and nothing behind it.
public final class Urls {
    private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
    /// What Go takes for a host and `java.net.URI` does not, such as `etcd_1:2379`: containers are named like
    /// that.
    private static final Pattern NAME_AND_PORT = Pattern.compile("([A-Za-z0-9._-]+):([0-9]{1,5})");
    private static final Set<String> EVERYWHERE = Set.of("0.0.0.0", "[::]", "[0:0:0:0:0:0:0:0]");

    private Urls() {}

    /// Reads a list of addresses joined by commas.
    ///
    /// @throws IllegalArgumentException saying what the text is not
    public static List<URI> parseAll(String text) {
        List<URI> urls = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            urls.add(parse(part.strip()));
        }
        return urls;
    }

    static URI parse(String text) {
        URI url;
        try {
            url = new URI(text);
        } catch (URISyntaxException notOne) {
            throw new IllegalArgumentException("is not a URL: " + notOne.getReason(), notOne);
        }
        String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
        if (scheme.equals("unix") || scheme.equals("unixs")) {
            throw new IllegalArgumentException("unix sockets are not there yet: write http://host:port");
        }
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw new IllegalArgumentException("needs the scheme http or https (write http://host:port)");
        }
        if (host(url).isEmpty()) {
            throw new IllegalArgumentException("has no host (write " + scheme + "://host:port)");
        }
        if (port(url) < 0 || port(url) > 65_535) {
            throw new IllegalArgumentException("needs a port from 0 to 65535 (write " + scheme + "://host:port)");
        }
        if (url.getUserInfo() != null) {
            throw new IllegalArgumentException("must not hold a user name or password");
        }
        if (!url.getPath().isEmpty() || url.getQuery() != null || url.getFragment() != null) {
            throw new IllegalArgumentException("must end after the port");
        }
        return url;
    }

    /// A member's address that others can call, nothing for any other text: MemberUpdate takes any (CLU-05).
    static Optional<URI> dialed(String text) {
        try {
            return Optional.of(parse(text)).filter(url -> url.getHost() != null);
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /// The host of an address, an IPv6 address in brackets; empty when there is none.
    static String host(URI url) {
        if (url.getHost() != null) {
            return url.getHost();
        }
        Matcher other = NAME_AND_PORT.matcher(String.valueOf(url.getRawAuthority()));
        return other.matches() ? other.group(1) : "";
    }

    /// The port of an address, -1 when there is none.
    static int port(URI url) {
        if (url.getHost() != null) {
            return url.getPort();
        }
        Matcher other = NAME_AND_PORT.matcher(String.valueOf(url.getRawAuthority()));
        return other.matches() ? Integer.parseInt(other.group(2)) : -1;
    }

    public static boolean isHttps(URI url) {
        return url.getScheme().equalsIgnoreCase("https");
    }

    /// True for addresses that mean all interfaces of the machine: to listen at, but of no use to others.
    public static boolean isEverywhere(URI url) {
        return EVERYWHERE.contains(host(url));
    }

    /// What others may call this member by: the hosts of `urls` and the names of this machine for itself,
    /// without brackets.
    static List<String> names(List<URI> urls) {
        Set<String> names = new LinkedHashSet<>();
        for (URI url : urls) {
            if (!isEverywhere(url)) {
                String host = host(url);
                names.add(host.startsWith("[") ? host.substring(1, host.length() - 1) : host);
            }
        }
        names.add("localhost");
        names.add("127.0.0.1");
        return List.copyOf(names);
    }

    /// True for what a server can listen at without asking a name server: an IP address or localhost.
    public static boolean isBindable(URI url) {
        String host = host(url);
        return host.equalsIgnoreCase("localhost")
                || host.startsWith("[")
                || IPV4.matcher(host).matches();
    }
}
