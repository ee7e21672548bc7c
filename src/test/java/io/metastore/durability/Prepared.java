package io.metastore.durability;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.api.etcd.mvccpb.KeyValue;
import io.metastore.blackbox.Requests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Data folders with acknowledged writes in them, made once and copied for each test.
final class Prepared {
    private static final int PUTS = 40;
    private static final int PAIRS = 300;

    /// After `kill -9` of a young member: everything is in the raft log, nothing in the state.
    private final DataFolder young;
    /// After some snapshots, an orderly stop, a few more puts and a kill: everything is everywhere.
    private final DataFolder old;

    private final Server server;
    private final Map<String, String> few = new TreeMap<>();
    private final Map<String, String> many = new TreeMap<>();

    Prepared(Path folder) throws IOException {
        server = new Server(Files.createDirectories(folder.resolve("young")));
        server.start();
        put(few, 0, PUTS);
        server.kill();
        young = new DataFolder(server.data()).copyTo(folder.resolve("young-copy"));
        many.putAll(few);
        server.start("--snapshot-count=20");
        fill();
        put(many, PUTS, 2 * PUTS);
        // The counts of keys are stored then, so that the next start need not walk through this history.
        server.client().kv().compact(Requests.physicalCompaction(server.client().revision()));
        server.stop();
        server.start("--snapshot-count=1000");
        put(many, 2 * PUTS, 2 * PUTS + 5);
        server.kill();
        old = new DataFolder(server.data()).copyTo(folder.resolve("old-copy"));
    }

    private void put(Map<String, String> written, int from, int to) {
        for (int i = from; i < to; i++) {
            server.client().put(Requests.bytes("key-%03d".formatted(i)), "value-%03d".formatted(i));
            written.put("key-%03d".formatted(i), "value-%03d".formatted(i));
        }
    }

    /// So much that it takes several blocks of a table, each value too long to lie beside its key.
    private void fill() {
        for (int from = 0; from < PAIRS; from += 100) {
            TxnRequest.Builder txn = TxnRequest.newBuilder();
            for (int i = from; i < from + 100; i++) {
                String key = "key-x%03d".formatted(i);
                String value = "large-%03d-".formatted(i) + "abcdefghij".repeat(110);
                txn.addSuccess(Requests.op(Requests.put(Requests.bytes(key), value)));
                many.put(key, value);
            }
            server.client().txn(txn);
        }
    }

    /// The server whose ports and identity the folders belong to, ended.
    Server server() {
        return server;
    }

    DataFolder young() {
        return young;
    }

    DataFolder old() {
        return old;
    }

    /// Everything acknowledged is there.
    void assertWhole(Server running, DataFolder made) {
        Map<String, String> found =
                running
                        .client()
                        .range(Requests.range(Requests.bytes("key-"), Requests.bytes("key.")))
                        .getKvsList()
                        .stream()
                        .collect(Collectors.toMap(
                                pair -> pair.getKey().toStringUtf8(),
                                (KeyValue pair) -> pair.getValue().toStringUtf8(),
                                (left, _) -> left,
                                TreeMap::new));
        assertEquals(made == old ? many : few, found);
    }
}
