package io.metastore.durability;

import io.grpc.StatusRuntimeException;
import io.metastore.api.etcd.mvccpb.Event;
import io.metastore.api.etcd.mvccpb.KeyValue;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Requests;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Many writers at once, and what all of them together leave in the store.
final class Loads {
    private static final int CONNECTIONS = 4;

    private final List<Writer> writers = new ArrayList<>();

    Loads(int count, long seed, long lease) {
        for (int i = 0; i < count; i++) {
            writers.add(new Writer("w%02d/".formatted(i), seed * 1000 + i, lease));
        }
    }

    /// Writes until all requests fail.
    final class Run {
        private final List<Client> clients = new ArrayList<>();
        private final List<Thread> threads = new ArrayList<>();
        private final AtomicInteger answers = new AtomicInteger();

        private Run(Server server) {
            for (int i = 0; i < CONNECTIONS; i++) {
                clients.add(server.connect());
            }
            for (int i = 0; i < writers.size(); i++) {
                Writer writer = writers.get(i);
                Client client = clients.get(i % CONNECTIONS);
                threads.add(Thread.ofVirtual().start(() -> writer.run(client, answers::incrementAndGet)));
            }
        }

        void awaitAcknowledged(int count) throws InterruptedException {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (answers.get() < count) {
                if (System.nanoTime() > deadline) {
                    throw new AssertionError("only " + answers + " answers in a minute");
                }
                TimeUnit.MILLISECONDS.sleep(1);
            }
        }

        /// Waits until the last writer has given up and returns how many requests were acknowledged.
        int end() throws InterruptedException {
            for (Thread thread : threads) {
                if (!thread.join(Duration.ofSeconds(60))) {
                    throw new AssertionError("a request neither ends nor fails although the member was killed");
                }
            }
            clients.forEach(Client::close);
            return writers.stream().mapToInt(Writer::acknowledged).sum();
        }
    }

    Run start(Server server) {
        return new Run(server);
    }

    /// Compacts now and then behind what a feed has seen, until the member is killed; returns the revision of
    /// the last attempt.
    static Thread compactions(Server server, Feed feed, long[] attempted) {
        Client client = server.connect();
        return Thread.ofVirtual().start(() -> {
            try (client) {
                while (true) {
                    long revision = feed.last() - 50;
                    if (revision > attempted[0]) {
                        attempted[0] = revision;
                        client.kv().compact(Requests.compaction(revision));
                    }
                    TimeUnit.MILLISECONDS.sleep(20);
                }
            } catch (StatusRuntimeException _) {
                return; // the member was killed
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /// Holds what the store says it did at one revision against what was asked for; false when no writer did
    /// it.
    boolean seen(long revision, List<Event> events) {
        String key = events.getFirst().getKv().getKey().toStringUtf8();
        for (Writer writer : writers) {
            if (key.startsWith(writer.prefix())) {
                writer.seen(revision, events);
                return true;
            }
        }
        return false;
    }

    void end() {
        writers.forEach(Writer::end);
    }

    /// All pairs of all writers, in order of their keys.
    List<KeyValue> pairs() {
        return writers.stream().flatMap(writer -> writer.pairs().stream()).toList();
    }
}
