package io.metastore.server.tls;

import java.io.IOException;

/// A file or setting of TLS that cannot be used. The message names it, and why.
public final class TlsFailure extends IOException {
    TlsFailure(String what, String why, Throwable cause) {
        super(what + ": " + why, cause);
    }

    TlsFailure(String what, String why) {
        this(what, why, null);
    }
}
