package io.metastore.failover;

import static io.metastore.blackbox.Requests.bytes;
import static io.metastore.blackbox.Requests.put;

import io.grpc.StatusRuntimeException;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Member;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// Writers that put values of one length, each with one put under way, and keep how long every acknowledged put took.
final class PacedPuts implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final int SHARE = 16;
    /// Keys of each writer: the store's size stays, its history grows.
    private static final int KEYS = 300;

    /// @param writers    callers
    /// @param valueBytes length of each value
    /// @param every      time from the begin of a writer's put to that of its next; puts that take longer follow at
    /// once
    record Shape(int writers, int valueBytes, Duration every) {}

    private final Shape shape;
    private final String value;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicLong acknowledged = new AtomicLong();
    private final Map<String, AtomicLong> errors = new ConcurrentHashMap<>();
    private final List<GoClient> clients = new ArrayList<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Future<long[]>> running = new ArrayList<>();
    private final long begun = System.nanoTime();

    private PacedPuts(Shape shape, List<Member> members) {
        this.shape = shape;
        this.value = "v".repeat(shape.valueBytes());
        for (int i = 0; i < shape.writers(); i++) {
            if (i % SHARE == 0) {
                clients.add(GoClient.connect(members));
            }
            GoClient client = clients.getLast();
            int writer = i;
            running.add(threads.submit(() -> write(client, writer)));
        }
    }

    static PacedPuts start(Shape shape, List<Member> members) {
        return new PacedPuts(shape, members);
    }

    private long[] write(GoClient client, int writer) {
        long[] took = new long[1024];
        int count = 0;
        long next = System.nanoTime();
        for (int i = 0; !ended.get(); i++) {
            String key = "paced/" + writer + "/" + i % KEYS;
            long called = System.nanoTime();
            try {
                var ignored = client.call(
                        GoClient.Rule.AT_MOST_ONCE,
                        LIMIT,
                        stub -> stub.put(put(bytes(key), value).build()));
                if (count == took.length) {
                    took = Arrays.copyOf(took, 2 * count);
                }
                took[count++] = System.nanoTime() - called;
                acknowledged.incrementAndGet();
            } catch (StatusRuntimeException failure) {
                if (!ended.get()) {
                    errors.computeIfAbsent(failure.getStatus().getCode().name(), _ -> new AtomicLong())
                            .incrementAndGet();
                }
                GoClient.pause();
            }
            next = Math.max(next + shape.every().toNanos(), System.nanoTime());
            LockSupport.parkNanos(next - System.nanoTime());
        }
        return Arrays.copyOf(took, count);
    }

    long acknowledged() {
        return acknowledged.get();
    }

    /// What came of it.
    ///
    /// @param seconds it lasted
    /// @param sorted  nanoseconds of each acknowledged put, the shortest first
    /// @param errors  by code
    record Taken(double seconds, long[] sorted, Map<String, Long> errors) {
        double perSecond() {
            return sorted.length / seconds;
        }

        double millis(double share) {
            return sorted.length == 0 ? Double.NaN : sorted[(int) (share * (sorted.length - 1))] / 1e6;
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%,.0f puts/s, p50 %.1f ms, p99 %.1f ms, most %.1f ms, errors %s",
                    perSecond(),
                    millis(0.5),
                    millis(0.99),
                    millis(1),
                    errors);
        }
    }

    /// Ends the writers in order.
    Taken end() {
        ended.set(true);
        double seconds = (System.nanoTime() - begun) / 1e9;
        List<long[]> each = new ArrayList<>();
        for (Future<long[]> writer : running) {
            try {
                each.add(writer.get(LIMIT.plus(Client.PATIENCE).toSeconds(), TimeUnit.SECONDS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            } catch (ExecutionException | TimeoutException e) {
                throw new AssertionError("a writer failed", e);
            }
        }
        Map<String, Long> counted = new TreeMap<>();
        errors.forEach((code, count) -> counted.put(code, count.get()));
        return new Taken(
                seconds, each.stream().flatMapToLong(Arrays::stream).sorted().toArray(), counted);
    }

    @Override
    public void close() {
        ended.set(true);
        clients.forEach(GoClient::close);
        threads.shutdownNow();
    }
}
