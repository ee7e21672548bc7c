package io.metastore.server;

import io.netty.channel.Channel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.NotSslRecordException;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jboss.logging.Logger;

/// Says in the log what is wrong with the connections of one listener, at most one line in ten seconds for
/// each kind, which tells how many there were.
final class Complaints {
    private static final Logger LOG = Logger.getLogger(Complaints.class);
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final URI url;
    private final Kind tls = new Kind();
    private final Kind plaintext = new Kind();
    private final Kind handshake = new Kind();
    private final Kind unknown = new Kind();
    private final Kind tooMany = new Kind();
    private final Kind full = new Kind();
    private final Kind internal = new Kind();

    Complaints(URI url) {
        this.url = url;
    }

    private static final class Kind {
        private final AtomicLong quietUntil = new AtomicLong(System.nanoTime());
        private final LongAdder unsaid = new LongAdder();

        /// Whether it is time for a line; the suppressed ones are then counted in it.
        boolean isDue() {
            unsaid.increment();
            long until = quietUntil.get();
            long now = System.nanoTime();
            return now - until >= 0 && quietUntil.compareAndSet(until, now + PAUSE_NANOS);
        }
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
            default -> say(handshake, channel, "failed its TLS handshake: " + innermost(cause));
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

    private void say(Kind kind, Channel channel, String what) {
        if (kind.isDue()) {
            long count = kind.unsaid.sumThenReset();
            LOG.warnf(
                    "%s: client %s %s%s",
                    url,
                    channel.remoteAddress(),
                    what,
                    count > 1 ? " (" + count + " such connections since the last line)" : "");
        }
    }
}
