package io.metastore.durability;

import io.grpc.StatusRuntimeException;
import io.metastore.api.etcd.mvccpb.Event;
import io.metastore.api.etcd.mvccpb.KeyValue;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Requests;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/// A client that writes one request behind another under keys of its own, and knows afterwards exactly what
/// may be in the store: all that was acknowledged, and perhaps the one request whose answer never came.
final class Writer {
    private static final int KEYS = 8;

    private final String prefix;
    private final Random random;
    private final long lease;
    private final Map<String, KeyValue> model = new TreeMap<>();
    private final List<Sent> sent = new ArrayList<>();
    private int number;
    private int next;

    /// @param lease a lease that some puts are attached to
    Writer(String prefix, long seed, long lease) {
        this.prefix = prefix;
        this.random = new Random(seed);
        this.lease = lease;
    }

    /// @param revision of the answer, 0 when none came
    private record Sent(Op op, long revision) {}

    String prefix() {
        return prefix;
    }

    /// Writes until a request fails, as they do when the member is killed.
    ///
    /// @param answered told of every acknowledgement
    void run(Client client, Runnable answered) {
        sent.clear();
        next = 0;
        while (true) {
            Op op = draw();
            long revision;
            try {
                revision = op.send(client);
            } catch (StatusRuntimeException _) {
                sent.add(new Sent(op, 0));
                return;
            }
            sent.add(new Sent(op, revision));
            answered.run();
        }
    }

    private Op draw() {
        String value = prefix + number++;
        String a = key(random.nextInt(KEYS));
        String b = key(random.nextInt(KEYS));
        return switch (random.nextInt(6)) {
            case 0 -> new Op(value, 0, List.of(), List.of(a));
            case 1 -> new Op(value, lease, List.of(a), List.of());
            case 2, 3 -> new Op(value, 0, List.of(key(KEYS), key(KEYS + 1)), List.of(a));
            case 4 ->
                a.equals(b) ? new Op(value, 0, List.of(a), List.of()) : new Op(value, lease, List.of(a), List.of(b));
            default -> new Op(value, 0, List.of(a), List.of());
        };
    }

    private String key(int index) {
        return prefix + index;
    }

    int acknowledged() {
        return (int) sent.stream().filter(one -> one.revision() > 0).count();
    }

    /// Takes what the store says it did at a revision: exactly the next request that had an effect.
    void seen(long revision, List<Event> events) {
        while (next < sent.size()) {
            Sent one = sent.get(next++);
            List<Event> effect = effect(one.op(), revision);
            if (effect.isEmpty()) {
                continue;
            }
            if (effect.equals(events)) {
                if (one.revision() != 0 && one.revision() != revision) {
                    throw new AssertionError(
                            one.op() + " was acknowledged with revision " + one.revision() + " and is " + revision);
                }
                apply(effect);
                return;
            }
            if (one.revision() != 0) {
                throw new AssertionError(one.op() + " was acknowledged with revision " + one.revision()
                        + " and is lost: revision " + revision + " is " + events + " instead of " + effect);
            }
        }
        throw new AssertionError("nobody wrote revision " + revision + ": " + events);
    }

    /// After the last revision: nothing acknowledged is left over.
    void end() {
        while (next < sent.size()) {
            Sent one = sent.get(next++);
            if (one.revision() != 0 && !effect(one.op(), 0).isEmpty()) {
                throw new AssertionError(
                        one.op() + " was acknowledged with revision " + one.revision() + " and is lost");
            }
        }
    }

    /// All pairs of this writer as a range read must return them.
    List<KeyValue> pairs() {
        return List.copyOf(model.values());
    }

    private List<Event> effect(Op op, long revision) {
        List<Event> effect = new ArrayList<>();
        for (String key : op.puts()) {
            KeyValue before = model.get(key);
            effect.add(Event.newBuilder()
                    .setKv(KeyValue.newBuilder()
                            .setKey(Requests.bytes(key))
                            .setValue(Requests.bytes(op.value()))
                            .setCreateRevision(before == null ? revision : before.getCreateRevision())
                            .setModRevision(revision)
                            .setVersion(before == null ? 1 : before.getVersion() + 1)
                            .setLease(op.lease()))
                    .build());
        }
        for (String key : op.deletes()) {
            if (model.containsKey(key)) {
                effect.add(Event.newBuilder()
                        .setType(Event.EventType.DELETE)
                        .setKv(KeyValue.newBuilder().setKey(Requests.bytes(key)).setModRevision(revision))
                        .build());
            }
        }
        return effect;
    }

    private void apply(List<Event> effect) {
        for (Event event : effect) {
            String key = event.getKv().getKey().toStringUtf8();
            if (event.getType() == Event.EventType.DELETE) {
                model.remove(key);
            } else {
                model.put(key, event.getKv());
            }
        }
    }
}
