package io.metastore.server;

import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.net.UnknownHostException;

/// An address that cannot be listened at. The message names it, and why.
public final class ListenFailure extends IOException {
    ListenFailure(String key, URI url, Throwable cause) {
        super("%s: cannot listen at %s: %s".formatted(key, url, reason(cause)), cause);
    }

    private static String reason(Throwable cause) {
        for (Throwable found = cause; found != null; found = found.getCause()) {
            if (found instanceof UnknownHostException) {
                return "there is no such host";
            }
            if (found instanceof BindException) {
                return found.getMessage().contains("in use")
                        ? "the port is in use by another program"
                        : found.getMessage();
            }
        }
        return cause.getMessage();
    }
}
