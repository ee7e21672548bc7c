package io.metastore.blackbox;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.api.etcd.mvccpb.Event;
import io.metastore.api.etcd.mvccpb.Event.EventType;
import io.metastore.api.etcd.mvccpb.KeyValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

/// A store in the test's own memory that makes up transactions and knows the events they lead to. Every
/// transaction changes at least one key. The same seed makes up the same transactions.
final class WatchModel {

    private static final long SEED = 20_260_401;
    private static final int NAMES = 9;

    private final Random random = new Random(SEED);
    private final Keys keys;
    private final Map<ByteString, KeyValue> pairs = new TreeMap<>(ByteString.unsignedLexicographicalComparator());
    private final List<Event> events = new ArrayList<>();
    private final List<Event> open = new ArrayList<>();

    WatchModel(Keys keys) {
        this.keys = keys;
    }

    /// The next transaction: one to four operations on different keys. Tell with [#applied] what became of it.
    TxnRequest.Builder step(int number) {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        TreeSet<String> names = new TreeSet<>();
        int count = 1 + random.nextInt(4);
        while (names.size() < count) {
            names.add("k" + random.nextInt(NAMES));
        }
        for (String name : names.descendingSet()) {
            ByteString key = keys.key(name);
            if (pairs.containsKey(key) && random.nextInt(3) == 0) {
                txn.addSuccess(Requests.op(Requests.delete(key)));
                open.add(Event.newBuilder()
                        .setType(EventType.DELETE)
                        .setKv(KeyValue.newBuilder().setKey(key))
                        .build());
            } else {
                String value = "v" + number + name;
                txn.addSuccess(Requests.op(Requests.put(key, value)));
                open.add(Event.newBuilder()
                        .setKv(KeyValue.newBuilder().setKey(key).setValue(Requests.bytes(value)))
                        .build());
            }
        }
        return txn;
    }

    /// The last transaction was applied and got this revision.
    void applied(long revision) {
        open.forEach(event -> apply(event, revision));
        open.clear();
    }

    private void apply(Event event, long revision) {
        ByteString key = event.getKv().getKey();
        KeyValue before = pairs.get(key);
        Event.Builder complete = event.toBuilder();
        complete.getKvBuilder().setModRevision(revision);
        if (before != null) {
            complete.setPrevKv(before);
        }
        if (event.getType() == EventType.DELETE) {
            pairs.remove(key);
        } else {
            complete.getKvBuilder()
                    .setCreateRevision(before == null ? revision : before.getCreateRevision())
                    .setVersion(before == null ? 1 : before.getVersion() + 1);
            pairs.put(key, complete.getKv());
        }
        events.add(complete.build());
    }

    /// All events so far, in the order in which watchers have to see them.
    List<Event> events() {
        return List.copyOf(events);
    }
}
