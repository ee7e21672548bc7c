package io.metastore.attack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import io.metastore.api.etcd.etcdserverpb.WatchGrpc;
import io.metastore.api.etcd.etcdserverpb.WatchRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.blackbox.Client;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/// Very many watches on a few streams: `-Dattack.watches=N`, each of a key of its own.
class WatchAttackIT {
    private static final int WATCHES = Integer.getInteger("attack.watches", 20_000);
    private static final int STREAMS = 8;
    private static final int EVENTS = 200;
    private static final int PATIENCE_SECONDS = 300;

    private static ByteString key(long i) {
        return ByteString.copyFromUtf8("watched-" + i);
    }

    /// One stream: asks for its watches as fast as the member takes them, then counts events.
    private static final class Stream implements ClientResponseObserver<WatchRequest, WatchResponse> {
        private final int first;
        private final CountDownLatch created;
        private final CountDownLatch events;
        private final AtomicReference<Throwable> failure;
        private ClientCallStreamObserver<WatchRequest> requests;
        private int next;

        private Stream(int first, CountDownLatch created, CountDownLatch events, AtomicReference<Throwable> failure) {
            this.first = first;
            this.next = first;
            this.created = created;
            this.events = events;
            this.failure = failure;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<WatchRequest> stream) {
            requests = stream;
            stream.setOnReadyHandler(() -> {
                while (stream.isReady() && next < first + WATCHES / STREAMS) {
                    stream.onNext(WatchRequest.newBuilder()
                            .setCreateRequest(WatchCreateRequest.newBuilder().setKey(key(next++)))
                            .build());
                }
            });
        }

        @Override
        public void onNext(WatchResponse response) {
            if (response.getCreated()) {
                created.countDown();
            }
            response.getEventsList().forEach(_ -> events.countDown());
        }

        @Override
        public void onError(Throwable cause) {
            failure.compareAndSet(null, cause);
        }

        @Override
        public void onCompleted() {
            failure.compareAndSet(null, new AssertionError("the stream ended"));
        }
    }

    @Test
    void manyWatchesOnFewStreams() throws Exception {
        try (Attacked attacked = new Attacked()) {
            attacked.attack(WATCHES + " watches on " + STREAMS + " streams", () -> watch(attacked));
        }
    }

    private static void watch(Attacked attacked) throws Exception {
        long before = attacked.memory();
        long resident = attacked.resident();
        CountDownLatch created = new CountDownLatch(WATCHES / STREAMS * STREAMS);
        CountDownLatch events = new CountDownLatch(EVENTS);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<ManagedChannel> channels = new ArrayList<>();
        try (Client writer = attacked.member().connect()) {
            long started = System.nanoTime();
            List<Stream> streams = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                ManagedChannel channel = NettyChannelBuilder.forTarget(attacked.endpoint())
                        .usePlaintext()
                        .build();
                channels.add(channel);
                Stream stream = new Stream(i * (WATCHES / STREAMS), created, events, failure);
                WatchGrpc.newStub(channel).watch(stream);
                streams.add(stream);
            }
            assertTrue(
                    created.await(PATIENCE_SECONDS, TimeUnit.SECONDS),
                    () -> "watches that are missing: " + created.getCount() + ", " + failure.get());
            long createdMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started);
            long held = attacked.memory() - before;
            long residentEach = (attacked.resident() - resident) / WATCHES;
            Random random = new Random(1);
            long written = System.nanoTime();
            for (int i = 0; i < EVENTS; i++) {
                writer.put(key(random.nextInt(WATCHES / STREAMS * STREAMS)), "event");
            }
            assertTrue(events.await(60, TimeUnit.SECONDS), "events that are missing: " + events.getCount());
            long writtenMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - written);
            System.out.printf(
                    "  created in %d ms; %d bytes in use and %d of resident memory each; %d puts and their events in"
                            + " %d ms%n",
                    createdMillis, held / WATCHES, residentEach, EVENTS, writtenMillis);
            assertEquals(null, failure.get());
            assertTrue(held < 2_000L * WATCHES + Attacked.garbage(), held + " bytes for " + WATCHES + " watches");
            streams.forEach(stream -> stream.requests.cancel("done", null));
        } finally {
            for (ManagedChannel channel : channels) {
                channel.shutdownNow();
                channel.awaitTermination(10, TimeUnit.SECONDS);
            }
        }
        attacked.awaitNoWatchers();
    }
}
