package io.metastore.jetcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.lease.LeaseKeepAliveResponse;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.support.CloseableClient;
import io.etcd.jetcd.watch.WatchEvent;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// One client with all endpoints of a cluster, `-Dendpoints=http://host:port,...`, whose leader is killed meanwhile: by
/// whoever waits for the file `-Dready=FILE` and writes `-Dkilled=FILE` then.
@EnabledIfSystemProperty(named = "endpoints", matches = ".+")
class JetcdClusterTest {
    private static final int PUTS = 50;
    private static final long CALL_SECONDS = 5;
    private static final long LIMIT_SECONDS = 60;
    private static final long TTL_SECONDS = 20;

    private final String prefix = "jetcd-cluster/" + UUID.randomUUID() + "/";
    private int refused;

    private static ByteSequence text(String text) {
        return ByteSequence.from(text, StandardCharsets.UTF_8);
    }

    private static String property(String name) {
        String value = System.getProperty(name);
        assertNotNull(value, "-D" + name + "= is missing");
        return value;
    }

    private ByteSequence key(int number) {
        return text(prefix + "%05d".formatted(number));
    }

    /// Puts until it is acknowledged: a call that the leader took along may fail, and may have taken effect.
    private void put(KV kv, int number, PutOption options) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (true) {
            try {
                assertNotNull(
                        kv.put(key(number), text("value " + number), options).get(CALL_SECONDS, TimeUnit.SECONDS));
                return;
            } catch (ExecutionException | TimeoutException failure) {
                refused++;
                assertTrue(System.nanoTime() - deadline < 0, () -> "not within a minute: " + failure);
            }
        }
    }

    private int putMany(KV kv, int from, PutOption options) throws InterruptedException {
        for (int i = from; i < from + PUTS; i++) {
            put(kv, i, options);
        }
        return from + PUTS;
    }

    private static StreamObserver<LeaseKeepAliveResponse> into(BlockingQueue<Object> answers) {
        return new StreamObserver<>() {
            @Override
            public void onNext(LeaseKeepAliveResponse answer) {
                answers.add(answer.getTTL());
            }

            @Override
            public void onError(Throwable problem) {
                answers.add(problem);
            }

            @Override
            public void onCompleted() {
                answers.add("completed");
            }
        };
    }

    @Test
    @Timeout(300)
    void writesWatchAndLeaseOutliveTheLeader() throws Exception {
        Path killed = Path.of(property("killed"));
        BlockingQueue<WatchEvent> events = new LinkedBlockingQueue<>();
        BlockingQueue<Object> kept = new LinkedBlockingQueue<>();
        try (Client jetcd =
                Client.builder().endpoints(property("endpoints").split(",")).build()) {
            KV kv = jetcd.getKVClient();
            long lease = jetcd.getLeaseClient()
                    .grant(TTL_SECONDS)
                    .get(LIMIT_SECONDS, TimeUnit.SECONDS)
                    .getID();
            PutOption leased = PutOption.builder().withLeaseId(lease).build();
            int count = 0;
            try (CloseableClient _ = jetcd.getLeaseClient().keepAlive(lease, into(kept));
                    Watch.Watcher _ = jetcd.getWatchClient()
                            .watch(
                                    text(prefix),
                                    WatchOption.builder().isPrefix(true).build(),
                                    answer -> events.addAll(answer.getEvents()))) {
                count = putMany(kv, count, leased);
                Files.writeString(Path.of(property("ready")), "kill the leader");
                while (!Files.exists(killed)) {
                    count = putMany(kv, count, leased);
                }
                count = putMany(kv, count, leased);
                assertAllThere(kv, count);
                assertAllSeen(events, count);
            }
            assertTrue(
                    jetcd.getLeaseClient()
                                    .timeToLive(lease, LeaseOption.DEFAULT)
                                    .get(LIMIT_SECONDS, TimeUnit.SECONDS)
                                    .getTTL()
                            > 0,
                    "the lease lives");
            assertTrue(kept.contains(TTL_SECONDS), () -> "kept alive: " + kept);
            System.out.println("jetcd: " + count + " puts, " + refused + " calls failed and were made again");
        }
    }

    private void assertAllThere(KV kv, int count) throws Exception {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            expected.add("value " + i);
        }
        List<KeyValue> pairs = kv.get(
                        text(prefix), GetOption.builder().isPrefix(true).build())
                .get(LIMIT_SECONDS, TimeUnit.SECONDS)
                .getKvs();
        assertEquals(
                expected,
                pairs.stream()
                        .map(pair -> pair.getValue().toString(StandardCharsets.UTF_8))
                        .toList());
    }

    /// Every key in the order of its first put; one that was put again may be seen again, in the order of revisions.
    private void assertAllSeen(BlockingQueue<WatchEvent> events, int count) throws InterruptedException {
        long revision = 0;
        int next = 0;
        while (next < count) {
            WatchEvent event = events.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
            assertNotNull(event, "the watch came to number " + next + " of " + count);
            assertTrue(event.getKeyValue().getModRevision() > revision, "events in order of revision");
            revision = event.getKeyValue().getModRevision();
            if (event.getKeyValue().getKey().equals(key(next))) {
                next++;
            } else {
                assertTrue(next > 0 && event.getKeyValue().getKey().equals(key(next - 1)), "a key was passed over");
            }
        }
    }
}
