package io.metastore.server;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/// Connections that have not said yet what they speak: how many there may be, and for how long.
final class Undecided {
    private final AtomicInteger now = new AtomicInteger();
    private final int most;
    private final Duration patience;

    Undecided(int most, Duration patience) {
        this.most = most;
        this.patience = patience;
    }

    /// Counts one in; false when that is one too many. Must be followed by [#leave] either way.
    boolean enter() {
        return now.incrementAndGet() <= most;
    }

    void leave() {
        now.decrementAndGet();
    }

    int count() {
        return now.get();
    }

    /// How long a connection may keep silent, and how long a TLS handshake may take.
    Duration patience() {
        return patience;
    }
}
