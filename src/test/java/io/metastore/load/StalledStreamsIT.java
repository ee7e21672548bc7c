package io.metastore.load;

import static io.metastore.blackbox.MemberMemory.MIB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import io.metastore.api.etcd.etcdserverpb.WatchRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.mvccpb.Event;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Member;
import io.metastore.blackbox.MemberMemory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Watch streams whose clients stop reading while large events flow cost a bounded amount of memory, and miss
/// nothing when they read on.
///
/// `-Dmetastore.load.streams=100 -Dmetastore.load.seconds=60` is the full size.
@Tag("blackbox")
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class StalledStreamsIT {
    private static final Logger LOG = Logger.getLogger(StalledStreamsIT.class);
    private static final int STREAMS = Integer.getInteger("metastore.load.streams", 100);
    private static final int SECONDS = Integer.getInteger("metastore.load.seconds", 10);
    private static final int EVENT_BYTES = 1 << 20;
    private static final ByteString KEY = ByteString.copyFromUtf8("event");

    /// What may be kept on the heap for all streams together: 64 MiB of responses that wait, 32 MiB between
    /// applying and the streams, 4 MiB of recent events, and one part of history being read.
    private static final long HEAP_BOUND = 128 * MIB;
    /// Outside the heap the transport holds the response for which it said there was room: at most two events a
    /// stream, since one more is added to a response that is not full yet.
    private static final long STREAM_BOUND = 2 * EVENT_BYTES + MIB;
    /// RocksDB's caches and write buffers, which fill as events are written, and heap that is not collected yet.
    private static final long BESIDES = 768 * MIB;

    @Test
    void streamsThatStopReadingCostBoundedMemoryAndMissNothing() throws Exception {
        try (Member member = Member.startWithJava("-Xmx1g")) {
            MemberMemory memory = new MemberMemory(member);
            List<Client> clients = new ArrayList<>();
            List<Reader> readers = new ArrayList<>();
            int events = 2 * SECONDS;
            long first = member.client().revision() + 1;
            for (int i = 0; i < STREAMS; i++) {
                Client client = member.connectSlow();
                clients.add(client);
                readers.add(new Reader(first, events));
                readers.getLast().open(client);
            }
            for (Reader reader : readers) {
                reader.awaitCreated();
            }
            long heapBefore = memory.heapInUse();
            long residentBefore = memory.resident();
            write(member.client(), events);
            long heap = memory.heapInUse() - heapBefore;
            long resident = memory.mostResident() - residentBefore;
            LOG.infof(
                    "%d stalled streams, %d events of 1 MiB: heap in use +%d MiB, most in RAM +%d MiB",
                    STREAMS, events, heap / MIB, resident / MIB);
            assertTrue(heap < HEAP_BOUND, "the heap in use has grown by " + heap / MIB + " MiB");
            long bound = HEAP_BOUND + STREAMS * STREAM_BOUND + BESIDES;
            assertTrue(resident < bound, "the process has grown by " + resident / MIB + " MiB");
            long start = System.nanoTime();
            readers.forEach(Reader::readOn);
            // One more, small: it comes behind all the others, and nothing comes a second time before it.
            put(member.client(), events, Integer.BYTES);
            for (Reader reader : readers) {
                reader.awaitAll();
            }
            LOG.infof(
                    "all events read by all streams in %d ms, most in RAM then +%d MiB",
                    (System.nanoTime() - start) / 1_000_000, (memory.mostResident() - residentBefore) / MIB);
            clients.forEach(Client::close);
        }
    }

    /// Two a second.
    private static void write(Client client, int events) throws InterruptedException {
        long start = System.nanoTime();
        for (int i = 0; i < events; i++) {
            put(client, i, EVENT_BYTES);
            long next = start + (i + 1) * 500_000_000L;
            TimeUnit.NANOSECONDS.sleep(next - System.nanoTime());
        }
    }

    private static void put(Client client, int number, int bytes) {
        byte[] value = new byte[bytes];
        ByteBuffer.wrap(value).putInt(number);
        client.kv()
                .put(PutRequest.newBuilder()
                        .setKey(KEY)
                        .setValue(ByteString.copyFrom(value))
                        .build());
    }

    /// A watch stream that reads the answer to its request and then nothing until it is told to. Checks that
    /// every event comes in order and once, and keeps none.
    private static final class Reader implements ClientResponseObserver<WatchRequest, WatchResponse> {
        private final long firstRevision;
        private final int events;
        private final CountDownLatch created = new CountDownLatch(1);
        private final CountDownLatch ended = new CountDownLatch(1);
        private ClientCallStreamObserver<WatchRequest> call;
        private int seen;
        private volatile boolean readsOn;
        private volatile Throwable failure;

        private Reader(long firstRevision, int events) {
            this.firstRevision = firstRevision;
            this.events = events;
        }

        void open(Client client) {
            client.watch().watch(this);
            call.onNext(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder().setKey(KEY))
                    .build());
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<WatchRequest> started) {
            call = started;
            started.disableAutoRequestWithInitial(1);
        }

        @Override
        public void onNext(WatchResponse response) {
            try {
                if (response.getCreated()) {
                    created.countDown();
                    return;
                }
                for (Event event : response.getEventsList()) {
                    assertEquals(firstRevision + seen, event.getKv().getModRevision());
                    assertEquals(
                            seen == events ? Integer.BYTES : EVENT_BYTES,
                            event.getKv().getValue().size());
                    assertEquals(
                            seen,
                            event.getKv().getValue().asReadOnlyByteBuffer().getInt());
                    seen++;
                }
            } catch (AssertionError wrong) {
                failure = wrong;
            }
            if (seen > events || failure != null) {
                ended.countDown();
            } else if (readsOn) {
                call.request(1);
            }
        }

        @Override
        public void onError(Throwable cause) {
            failure = cause;
            created.countDown();
            ended.countDown();
        }

        @Override
        public void onCompleted() {
            onError(new AssertionError("the stream has ended"));
        }

        void awaitCreated() throws InterruptedException {
            assertTrue(created.await(60, TimeUnit.SECONDS), "the watcher was not created");
            assertNull(failure);
        }

        void readOn() {
            readsOn = true;
            call.request(1);
        }

        void awaitAll() throws InterruptedException {
            assertTrue(ended.await(10, TimeUnit.MINUTES), "only " + seen + " events came");
            if (failure != null) {
                throw new AssertionError("after " + seen + " events", failure);
            }
        }
    }
}
