package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.metastore.Eventually;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// A few callers that write the whole time, in turn through each of the members that they are told of, while members
/// come and go. A write that is refused may or may not have happened; one that is acknowledged has.
final class SteadyWriters implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(3);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private record Endpoint(Client client, AtomicInteger acknowledged) {}

    private final Keys keys = Keys.fresh();
    private final Map<Member, Endpoint> endpoints = new ConcurrentHashMap<>();
    private final List<Member> order = new CopyOnWriteArrayList<>();
    private final Set<ByteString> acknowledged = ConcurrentHashMap.newKeySet();
    private final AtomicLong next = new AtomicLong();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private volatile boolean ended;

    static SteadyWriters begin(int writers, List<Member> members) {
        SteadyWriters begun = new SteadyWriters();
        members.forEach(begun::through);
        for (int i = 0; i < writers; i++) {
            begun.threads.execute(begun::write);
        }
        return begun;
    }

    /// Writes through one more member.
    void through(Member member) {
        endpoints.put(member, new Endpoint(member.connect(), new AtomicInteger()));
        order.add(member);
    }

    /// Writes no more through a member.
    void without(Member member) {
        order.remove(member);
        endpoints.remove(member).client().close();
    }

    private void write() {
        while (!ended) {
            long number = next.getAndIncrement();
            Endpoint endpoint = endpoints.get(order.get((int) (number % order.size())));
            ByteString key = keys.key(Long.toString(number));
            if (endpoint != null) {
                try {
                    var ignored = endpoint.client()
                            .kv(LIMIT)
                            .put(Requests.put(key, Long.toString(number)).build());
                    acknowledged.add(key);
                    endpoint.acknowledged().incrementAndGet();
                } catch (StatusRuntimeException _) {
                    // Goes on with another key: what counts is that no acknowledged one is lost.
                }
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /// Waits until each member has acknowledged some more.
    void awaitMoreThroughEach() {
        for (Member member : order) {
            AtomicInteger count = endpoints.get(member).acknowledged();
            int before = count.get();
            Eventually.holds(member.endpoint() + " acknowledges more writes", () -> count.get() >= before + 20);
        }
    }

    /// Ends the writers.
    void stop() {
        ended = true;
        threads.close();
    }

    /// Checks that a member has everything that was acknowledged.
    void nothingIsLost(Member member) {
        Set<ByteString> lost = new HashSet<>(acknowledged);
        member.client().all(keys).forEach(pair -> {
            assertEquals(keys.name(pair.getKey()), pair.getValue().toStringUtf8());
            lost.remove(pair.getKey());
        });
        assertEquals(
                Set.of(), lost, () -> lost.size() + " of " + acknowledged.size() + " acknowledged writes are lost");
    }

    @Override
    public void close() {
        stop();
        endpoints.values().forEach(endpoint -> endpoint.client().close());
    }
}
