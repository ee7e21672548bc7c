package io.metastore.api;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.inprocess.InProcessSocketAddress;
import io.metastore.service.login.Credentials;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.Principal;
import java.util.Objects;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.security.auth.x500.X500Principal;

/// Notes with each call what its caller shows: the token in the metadata `token`, else in `authorization`, with or
/// without a leading "Bearer " (AUT-24), and the name in its certificate where certificates are asked for (AUT-29).
public final class Callers implements ServerInterceptor {
    private static final Metadata.Key<String> TOKEN = Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    /// Address of who sent the request that a call is made for.
    public static final Metadata.Key<String> FORWARDED_FOR =
            Metadata.Key.of("x-forwarded-for", Metadata.ASCII_STRING_MARSHALLER);

    private static final String BEARER = "Bearer ";
    private static final Context.Key<Credentials> CREDENTIALS = Context.keyWithDefault("credentials", Credentials.NONE);

    private final boolean certificates;

    /// @param certificates whether clients are let in by certificates, whose names then say who they are
    public Callers(boolean certificates) {
        this.certificates = certificates;
    }

    /// Of the call that is being handed to its service on this thread.
    public static Credentials current() {
        return CREDENTIALS.get();
    }

    /// Where a call comes from, as in `10.0.0.7:40112` or `[::1]:40112`. A call over HTTP is made within this process
    /// and
    /// says in its metadata where it began; anybody else may write the same there and is not believed.
    public static String address(ServerCall<?, ?> call, Metadata headers) {
        SocketAddress remote = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        return switch (remote) {
            case null -> "";
            case InProcessSocketAddress _ -> Objects.requireNonNullElse(headers.get(FORWARDED_FOR), "");
            case InetSocketAddress network -> NetUtil.toSocketAddressString(network);
            default -> remote.toString();
        };
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        String token = headers.get(TOKEN);
        if (token == null) {
            token = headers.get(AUTHORIZATION);
        }
        Optional<String> name = certificates && token == null ? commonName(call) : Optional.empty();
        if (token == null && name.isEmpty()) {
            return next.startCall(call, headers);
        }
        Credentials shown = new Credentials(Optional.ofNullable(token).map(Callers::bare), name);
        return Contexts.interceptCall(Context.current().withValue(CREDENTIALS, shown), call, headers, next);
    }

    private static String bare(String token) {
        return token.startsWith(BEARER) ? token.substring(BEARER.length()) : token;
    }

    private static Optional<String> commonName(ServerCall<?, ?> call) {
        SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
        return session == null ? Optional.empty() : commonName(session);
    }

    /// The common name in the certificate that the other end of a connection has shown.
    public static Optional<String> commonName(SSLSession session) {
        try {
            Principal subject = session.getPeerPrincipal();
            return subject instanceof X500Principal named ? commonName(named) : Optional.empty();
        } catch (SSLPeerUnverifiedException _) {
            return Optional.empty();
        }
    }

    private static Optional<String> commonName(X500Principal subject) {
        try {
            return new LdapName(subject.getName())
                    .getRdns().stream()
                            .filter(part -> part.getType().equalsIgnoreCase("CN"))
                            .map(Rdn::getValue)
                            .map(Object::toString)
                            .reduce((_, last) -> last);
        } catch (InvalidNameException unreadable) {
            throw new IllegalArgumentException("the subject of a certificate cannot be read: " + subject, unreadable);
        }
    }
}
