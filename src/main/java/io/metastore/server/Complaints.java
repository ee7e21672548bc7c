package io.metastore.server;

import io.metastore.measure.RareLine;
import io.metastore.server.tls.RefusedCertificate;
import io.netty.channel.Channel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.NotSslRecordException;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.ClosedChannelException;
import org.jboss.logging.Logger;

/// Says in the log what is wrong with the connections of one listener, at most one line in ten seconds for
/// each kind, which tells how many there were.
final class Complaints {
    private static final Logger LOG = Logger.getLogger(Complaints.class);

    private final URI url;
    private final RareLine tls = new RareLine();
    private final RareLine plaintext = new RareLine();
    private final RareLine handshake = new RareLine();
    private final RareLine unknown = new RareLine();
    private final RareLine tooMany = new RareLine();
    private final RareLine full = new RareLine();
    private final RareLine internal = new RareLine();

    Complaints(URI url) {
        this.url = url;
    }

    void tlsToPlaintext(Channel channel) {
        say(tls, channel, "speaks TLS, but this address speaks plaintext: the client should use http://");
    }

    void handshakeFailed(Channel channel, Throwable cause) {
        switch (cause) {
            case NotSslRecordException _ ->
                say(
                        plaintext,
                        channel,
                        "speaks plaintext, but this address speaks TLS: the client should use https://");
            case ClosedChannelException _ ->
                LOG.debugf("%s: client %s left during its TLS handshake", url, channel.remoteAddress());
            default ->
                say(
                        handshake,
                        channel,
                        "failed its TLS handshake: "
                                + RefusedCertificate.in(cause)
                                        .map(Throwable::getMessage)
                                        .orElseGet(() -> innermost(cause)));
        }
    }

    private static String innermost(Throwable cause) {
        Throwable found = cause;
        while (found.getCause() != null) {
            found = found.getCause();
        }
        return found.getMessage() == null ? found.toString() : found.getMessage();
    }

    void unknown(Channel channel) {
        say(unknown, channel, "speaks neither HTTP/2 nor HTTP/1.1");
    }

    void tooMany(Channel channel) {
        say(tooMany, channel, "is refused: too many connections that have said nothing yet");
    }

    void full(Channel channel) {
        say(full, channel, "is refused: there are as many connections as open files allow (ulimit -n)");
    }

    /// A connection that ends with an exception. Resets and garbage are the client's business; anything else is a
    /// fault of this program or of its libraries, and an operator has to see it.
    void broken(Channel channel, Throwable cause) {
        boolean wrapped = cause instanceof DecoderException && cause.getCause() != null;
        switch (wrapped ? cause.getCause() : cause) {
            case IOException _, DecoderException _ ->
                LOG.debugf(cause, "%s: connection of %s ends", url, channel.remoteAddress());
            case Throwable fault -> {
                LOG.debugf(fault, "%s: connection of %s is cut", url, channel.remoteAddress());
                say(internal, channel, "is cut, an internal error: " + fault + at(fault));
            }
        }
    }

    private static String at(Throwable fault) {
        StackTraceElement[] trace = fault.getStackTrace();
        return trace.length == 0 ? "" : " at " + trace[0];
    }

    private void say(RareLine kind, Channel channel, String what) {
        if (kind.isDue()) {
            LOG.warnf("%s: client %s %s%s", url, channel.remoteAddress(), what, kind.suppressed("connections"));
        }
    }
}
