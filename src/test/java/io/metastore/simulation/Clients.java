package io.metastore.simulation;

import io.metastore.consensus.Unavailable;
import io.metastore.thread.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/// Clients that put and read a few keys, each through one member, one call after the other, and write down what
/// came of it.
public final class Clients implements AutoCloseable {
    private static final int KEYS = 3;
    private static final long PATIENCE_MS = 1_000;
    private static final long PAUSE_NANOS = 2_000_000;

    private final SimulatedCluster cluster;
    private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopping;

    public Clients(SimulatedCluster cluster, int number) {
        this.cluster = cluster;
        for (int i = 0; i < number; i++) {
            int client = i;
            Thread thread = Threads.unstarted("client-" + i, () -> run(client), (_, cause) -> failures.add(cause));
            threads.add(thread);
            thread.start();
        }
    }

    private void run(int client) {
        Random random = new Random(cluster.seed() * 31 + client);
        for (int i = 0; !stopping; i++) {
            List<SimulatedMember> members = cluster.members();
            SimulatedMember member = members.get(client % members.size());
            String key = "key-" + random.nextInt(KEYS);
            if (random.nextBoolean()) {
                put(member, key, "client " + client + ", call " + i);
            } else {
                read(member, key);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private void put(SimulatedMember member, String key, String value) {
        long began = System.nanoTime();
        Call.End end;
        long revision = 0;
        try {
            revision = member.put(key, value).get(PATIENCE_MS, TimeUnit.MILLISECONDS);
            end = Call.End.DONE;
        } catch (ExecutionException failure) {
            end = unavailable(member, failure).mayHaveApplied() ? Call.End.UNKNOWN : Call.End.REFUSED;
        } catch (TimeoutException late) {
            end = Call.End.UNKNOWN;
        } catch (InterruptedException never) {
            throw new IllegalStateException(never);
        }
        calls.add(new Call.Put(member.id(), key, value, began, System.nanoTime(), end, revision));
    }

    private void read(SimulatedMember member, String key) {
        long began = System.nanoTime();
        try {
            SimulatedMember.Seen seen = member.read(key).get(PATIENCE_MS, TimeUnit.MILLISECONDS);
            calls.add(new Call.Read(member.id(), key, began, System.nanoTime(), seen));
        } catch (ExecutionException failure) {
            unavailable(member, failure);
        } catch (TimeoutException late) {
            return; // says nothing
        } catch (InterruptedException never) {
            throw new IllegalStateException(never);
        }
    }

    private static Unavailable unavailable(SimulatedMember member, ExecutionException failure) {
        if (failure.getCause() instanceof Unavailable unavailable) {
            return unavailable;
        }
        if (failure.getCause() instanceof RejectedExecutionException && member.hasFailed()) {
            return new Unavailable.Stopping(); // nobody would be there to answer
        }
        throw new IllegalStateException("a call failed", failure.getCause());
    }

    /// Acknowledged puts so far.
    public long acknowledged() {
        return calls.stream()
                .filter(call -> call instanceof Call.Put put && put.end() == Call.End.DONE)
                .count();
    }

    /// Ends the clients; returns all calls.
    public List<Call> stop() throws InterruptedException {
        stopping = true;
        for (Thread thread : threads) {
            thread.join();
        }
        if (!failures.isEmpty()) {
            throw new AssertionError("a client failed", failures.peek());
        }
        return List.copyOf(calls);
    }

    @Override
    public void close() {
        stopping = true;
    }
}
