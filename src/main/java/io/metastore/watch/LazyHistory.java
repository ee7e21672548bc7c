package io.metastore.watch;

import io.metastore.mvcc.History;

/// A history that is opened when it is first needed.
final class LazyHistory implements AutoCloseable {
    private final History.Source source;
    private History history;

    LazyHistory(History.Source source) {
        this.source = source;
    }

    History get() {
        if (history == null) {
            history = source.open();
        }
        return history;
    }

    @Override
    public void close() {
        if (history != null) {
            history.close();
        }
    }
}
