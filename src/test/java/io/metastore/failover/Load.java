package io.metastore.failover;

import static io.metastore.blackbox.Requests.bytes;
import static io.metastore.blackbox.Requests.prefixEnd;
import static io.metastore.blackbox.Requests.put;
import static io.metastore.blackbox.Requests.range;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.mvccpb.KeyValue;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Member;
import io.metastore.failover.History.Answer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/// Writers and readers, each with one call under way, over clients that know all members. A writer begins a new key
/// when the fate of a put is unknown; readers read what writers write.
final class Load implements AutoCloseable {

    /// @param writers each with keys of its own
    /// @param readers each of the keys of all writers
    /// @param limit   of a call with all its tries
    /// @param pause   between a worker's calls, so that what is compared is not who starves whom on few cores
    record Shape(int writers, int readers, Duration limit, Duration pause) {}

    /// Workers that share one client.
    private static final int SHARE = 16;

    private static final int EASE = 10;

    private static final String OVERLOADED = "etcdserver: too many requests";
    /// What a member may answer, or a connection that breaks, when a leader is lost.
    private static final Set<Code> EXPECTED =
            Set.of(Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.UNKNOWN, Code.CANCELLED, Code.RESOURCE_EXHAUSTED);

    private final Shape shape;
    private final History history;
    private final String prefix;
    private final Gaps.Meter meter = new Gaps.Meter();
    private final LongAdder read = new LongAdder();
    private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();
    private final List<Register> registers = new ArrayList<>();
    private final AtomicReferenceArray<Register> current;
    private final List<GoClient> clients = new ArrayList<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Future<?>> running = new ArrayList<>();
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile long pauseNanos;

    private Load(Shape shape, History history, String prefix, List<Member> members) {
        this.shape = shape;
        this.history = history;
        this.prefix = prefix;
        pauseNanos = shape.pause().toNanos();
        current = new AtomicReferenceArray<>(shape.writers());
        for (int i = 0; i < shape.writers(); i++) {
            current.set(i, next(i));
        }
        for (int i = 0; i < shape.writers() + shape.readers(); i++) {
            if (i % SHARE == 0) {
                clients.add(GoClient.connect(members));
            }
            GoClient client = clients.getLast();
            int number = i;
            running.add(threads.submit(i < shape.writers() ? () -> write(client, number) : () -> read(client)));
        }
    }

    /// Starts writers and readers.
    ///
    /// @param prefix of the names of their keys, which nobody else uses
    static Load start(Shape shape, History history, String prefix, List<Member> members) {
        return new Load(shape, history, prefix, members);
    }

    private Register next(int writer) {
        synchronized (registers) {
            Register register = history.register(prefix + "w" + writer + "/" + registers.size());
            registers.add(register);
            return register;
        }
    }

    private void write(GoClient client, int writer) {
        Register register = current.get(writer);
        while (!ended.get()) {
            Register.Put put = register.put();
            try {
                ByteString key = bytes(register.key());
                Answer answer = Answer.of(client.call(
                                GoClient.Rule.AT_MOST_ONCE,
                                shape.limit(),
                                stub -> stub.put(put(key, "" + put.number()).build()))
                        .getHeader());
                meter.acknowledged();
                put.acknowledged(answer);
            } catch (StatusRuntimeException failure) {
                if (OVERLOADED.equals(failure.getStatus().getDescription())) {
                    put.refused();
                } else {
                    put.unknown();
                    register = next(writer);
                    current.set(writer, register);
                }
                failed("put", failure.getStatus());
            }
            LockSupport.parkNanos(pauseNanos);
        }
    }

    private void read(GoClient client) {
        while (!ended.get()) {
            Register register = current.get(ThreadLocalRandom.current().nextInt(shape.writers()));
            ByteString key = bytes(register.key());
            Register.Get get = register.get();
            try {
                RangeResponse found = client.call(
                        GoClient.Rule.REPEATABLE,
                        shape.limit(),
                        stub -> stub.range(range(key).build()));
                KeyValue pair = found.getKvsCount() == 0 ? KeyValue.getDefaultInstance() : found.getKvs(0);
                get.returned(number(pair), pair.getVersion(), Answer.of(found.getHeader()));
                read.increment();
            } catch (StatusRuntimeException failure) {
                failed("read", failure.getStatus());
            }
            LockSupport.parkNanos(pauseNanos);
        }
    }

    static long number(KeyValue pair) {
        return pair.getValue().isEmpty() ? 0 : Long.parseLong(pair.getValue().toStringUtf8());
    }

    private void failed(String call, Status status) {
        if (ended.get()) {
            return;
        }
        // Deadlines and connections name moments and addresses; which there were does not matter.
        String text = status.getDescription() != null && status.getDescription().startsWith("etcdserver: ")
                ? " " + status.getDescription()
                : "";
        errors.computeIfAbsent(call + " " + status.getCode() + text, _ -> new LongAdder())
                .increment();
        if (!EXPECTED.contains(status.getCode())) {
            history.violation("a " + call + " ended with " + status);
        }
        GoClient.pause();
    }

    Gaps.Meter meter() {
        return meter;
    }

    long reads() {
        return read.sum();
    }

    /// Errors that clients saw beyond their own retries, by call, code and text.
    Map<String, Long> errors() {
        Map<String, Long> counted = new TreeMap<>();
        errors.forEach((error, count) -> counted.put(error, count.sum()));
        return counted;
    }

    /// Lets workers take their time, so that a member that starts on few cores need not fight for them.
    void ease() {
        pauseNanos = EASE * shape.pause().toNanos();
    }

    /// Ends [#ease].
    void press() {
        pauseNanos = shape.pause().toNanos();
    }

    /// Waits for further acknowledged writes.
    void awaitWrites(int more, Duration limit) {
        long wanted = meter.count() + more;
        Eventually.holds(more + " further writes are acknowledged", limit, () -> meter.count() >= wanted);
    }

    /// Ends workers in order; what none of them expected fails.
    void end() {
        ended.set(true);
        for (Future<?> worker : running) {
            try {
                worker.get(shape.limit().plus(Client.PATIENCE).toSeconds(), TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            } catch (ExecutionException | TimeoutException e) {
                throw new AssertionError("a worker failed", e);
            }
        }
    }

    /// Compares all keys with what a member has. Nobody may write any more.
    ///
    /// @param serializable true for what it has itself
    void compare(Client client, String where, boolean serializable) {
        Map<String, KeyValue> found = new ConcurrentHashMap<>();
        ByteString from = bytes(prefix);
        client.range(range(from, prefixEnd(from)).setSerializable(serializable))
                .getKvsList()
                .forEach(pair -> found.put(pair.getKey().toStringUtf8(), pair));
        synchronized (registers) {
            for (Register register : registers) {
                KeyValue pair = found.getOrDefault(register.key(), KeyValue.getDefaultInstance());
                register.found(number(pair), pair.getVersion(), where + (serializable ? ", serializable" : ""));
            }
        }
    }

    /// Keys that were written.
    int keys() {
        synchronized (registers) {
            return registers.size();
        }
    }

    @Override
    public void close() {
        ended.set(true);
        clients.forEach(GoClient::close);
        threads.shutdownNow();
    }
}
