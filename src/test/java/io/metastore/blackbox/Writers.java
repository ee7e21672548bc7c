package io.metastore.blackbox;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.stub.StreamObserver;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.PutResponse;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.mvccpb.KeyValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;

/// Many callers over gRPC, each with one put under way and the next one behind it. Every put has a key of its own,
/// so that afterwards the store tells of each whether it was applied.
final class Writers {

    /// @param writers     callers
    /// @param connections that they share
    /// @param valueBytes  length of each value
    /// @param puts        most puts of all together
    /// @param time        after which nobody begins another put
    record Load(int writers, int connections, int valueBytes, int puts, Duration time) {}

    private static final String OVERLOADED = "etcdserver: too many requests";
    private static final int DIGITS = 8;
    private static final int PAGE = 20_000;
    private static final byte ACKNOWLEDGED = 1;
    private static final byte REFUSED = 2;

    private final Load load;
    private final Keys keys;
    private final ByteString value;
    private final AtomicInteger next = new AtomicInteger();
    /// How each put ended, by its number; each is written once, by the thread that got the answer.
    private final byte[] endings;

    private final AtomicReference<Status> failure = new AtomicReference<>();
    private final CountDownLatch done;
    private final long deadline;

    private Writers(Load load, Keys keys) {
        this.load = load;
        this.keys = keys;
        byte[] bytes = new byte[load.valueBytes()];
        RandomGenerator.of("L64X128MixRandom").nextBytes(bytes);
        value = ByteString.copyFrom(bytes);
        endings = new byte[load.puts()];
        done = new CountDownLatch(load.writers());
        deadline = System.nanoTime() + load.time().toNanos();
    }

    /// Puts until the load's end and waits for all answers. Anything but an answer or a refusal for overload fails.
    static Writers run(Load load, Member member, Keys keys) {
        Writers writers = new Writers(load, keys);
        List<Client> clients = new ArrayList<>();
        try {
            for (int i = 0; i < load.connections(); i++) {
                clients.add(member.connect());
            }
            for (int i = 0; i < load.writers(); i++) {
                writers.putNext(clients.get(i % clients.size()).kvAsync().withExecutor(Runnable::run));
            }
            Duration limit = load.time().plus(Client.PATIENCE);
            if (!writers.done.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError(writers.done.getCount() + " writers still wait after " + limit);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } finally {
            clients.forEach(Client::close);
        }
        if (writers.failure.get() != null) {
            throw new AssertionError("a put failed: " + writers.failure.get());
        }
        return writers;
    }

    private void putNext(KVGrpc.KVStub stub) {
        int number = failure.get() == null && System.nanoTime() - deadline < 0
                ? next.getAndUpdate(n -> Math.min(n + 1, load.puts()))
                : load.puts();
        if (number >= load.puts()) {
            done.countDown();
            return;
        }
        PutRequest request =
                PutRequest.newBuilder().setKey(key(number)).setValue(value).build();
        stub.put(request, new StreamObserver<>() {
            @Override
            public void onNext(PutResponse answer) {
                endings[number] = ACKNOWLEDGED;
            }

            @Override
            public void onError(Throwable problem) {
                Status status = Status.fromThrowable(problem);
                if (status.getCode() == Code.RESOURCE_EXHAUSTED && OVERLOADED.equals(status.getDescription())) {
                    endings[number] = REFUSED;
                } else {
                    failure.compareAndSet(null, status);
                }
                putNext(stub);
            }

            @Override
            public void onCompleted() {
                putNext(stub);
            }
        });
    }

    private ByteString key(int number) {
        return keys.key(String.format(Locale.ROOT, "%0" + DIGITS + "d", number));
    }

    /// Puts that got an answer.
    int acknowledged() {
        return count(ACKNOWLEDGED);
    }

    /// Puts that were refused for overload.
    int refused() {
        return count(REFUSED);
    }

    private int count(byte ending) {
        int count = 0;
        for (byte each : endings) {
            count += each == ending ? 1 : 0;
        }
        return count;
    }

    /// What the store holds against what the writers were told: acknowledged puts that are not there, and keys that
    /// are there although their put was refused or never made. Empty when all is well; the first few otherwise.
    List<String> discrepancies(Client client) {
        BitSet stored = stored(client);
        List<String> found = new ArrayList<>();
        for (int number = 0; number < endings.length && found.size() < 10; number++) {
            boolean acknowledged = endings[number] == ACKNOWLEDGED;
            if (acknowledged != stored.get(number)) {
                found.add("put " + number + " was "
                        + (acknowledged ? "acknowledged and is not there" : "not acknowledged and is there"));
            }
        }
        return found;
    }

    private BitSet stored(Client client) {
        BitSet stored = new BitSet(endings.length);
        ByteString from = keys.prefix();
        RangeResponse page;
        do {
            page = client.range(RangeRequest.newBuilder()
                    .setKey(from)
                    .setRangeEnd(keys.end())
                    .setKeysOnly(true)
                    .setLimit(PAGE));
            for (KeyValue pair : page.getKvsList()) {
                stored.set(Integer.parseInt(keys.name(pair.getKey())));
                from = Requests.after(pair.getKey());
            }
        } while (page.getMore());
        return stored;
    }
}
