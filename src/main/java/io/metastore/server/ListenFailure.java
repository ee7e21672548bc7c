package io.metastore.server;

import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Optional;

/// An address that cannot be listened at. The message names it, and why.
public final class ListenFailure extends IOException {
    private static final String IN_USE = "the port is in use by another program";

    ListenFailure(String key, URI url, Throwable cause) {
        super("%s: cannot listen at %s: %s".formatted(key, url, reason(cause)), cause);
    }

    private ListenFailure(String message, Throwable cause) {
        super(message, cause);
    }

    /// The same failure, laid at the door of who really holds the port: a member can be told to listen twice at one
    /// place.
    ///
    /// @param holder the setting and address by which this member holds it itself
    ListenFailure withHolder(Optional<String> holder) {
        return holder.filter(_ -> getMessage().endsWith(IN_USE))
                .map(own -> new ListenFailure(
                        getMessage().substring(0, getMessage().length() - IN_USE.length())
                                + "this member listens there already, for " + own + ": name each place once",
                        getCause()))
                .orElse(this);
    }

    private static String reason(Throwable cause) {
        for (Throwable found = cause; found != null; found = found.getCause()) {
            if (found instanceof UnknownHostException) {
                return "there is no such host";
            }
            if (found instanceof BindException) {
                return found.getMessage().contains("in use") ? IN_USE : found.getMessage();
            }
        }
        return cause.getMessage();
    }
}
