package io.metastore.mvcc;

import io.metastore.engine.Cursor;
import io.metastore.engine.Engine;
import io.metastore.engine.Snapshot;
import io.metastore.engine.Table;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/// A store to write to in a few words.
final class StoreFixture {
    private final MvccStore store;

    StoreFixture(Engine engine) {
        store = new MvccStore(engine);
    }

    MvccStore store() {
        return store;
    }

    void put(String key, String value) {
        Chunk chunk = store.begin();
        chunk.startRequest();
        chunk.put(Bytes.utf8(key), Bytes.utf8(value), 0);
        chunk.endRequest();
        store.commit(chunk, store.state().appliedIndex() + 1, 1);
    }

    void delete(String key) {
        Chunk chunk = store.begin();
        chunk.startRequest();
        chunk.delete(Bytes.utf8(key));
        chunk.endRequest();
        store.commit(chunk, store.state().appliedIndex() + 1, 1);
    }

    void compact(long revision) throws RevisionUnavailable {
        Chunk chunk = store.begin();
        chunk.compact(revision);
        store.commit(chunk, store.state().appliedIndex() + 1, 1);
    }

    List<KeyValue> at(long revision) throws RevisionUnavailable {
        try (View view = store.view()) {
            return view.range(RangeQuery.all(KeyRange.ALL).withRange(KeyRange.ALL, 0, revision))
                    .keyValues();
        }
    }

    KvHash hash(long revision) throws RevisionUnavailable {
        try (View view = store.view()) {
            return KvHash.of(view, revision);
        }
    }

    /// Publishes a view of what the background has removed.
    void refresh() {
        store.republish();
    }

    /// All rows of tables `tables` as text, as they are now.
    List<String> rows(Table... tables) {
        List<String> rows = new ArrayList<>();
        try (Snapshot now = store.engine().snapshot()) {
            for (Table table : tables) {
                try (Cursor cursor = now.cursor(table, new byte[0], null)) {
                    while (cursor.next()) {
                        rows.add(table + " " + HexFormat.of().formatHex(cursor.key()) + " "
                                + HexFormat.of().formatHex(cursor.value()));
                    }
                }
            }
        }
        return rows;
    }
}
