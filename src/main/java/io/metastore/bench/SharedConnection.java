package io.metastore.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import io.metastore.api.etcd.etcdserverpb.WatchGrpc;
import io.metastore.api.etcd.etcdserverpb.WatchRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.mvccpb.Event;
import io.metastore.client.Endpoint;
import io.metastore.client.Security;
import io.netty.util.concurrent.Future;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SynchronizedHistogram;

/// One connection with large reads and a watch on it, and another one with the puts that are watched. The second has
/// a watch as well: the events that come late on the first and not on the second were kept waiting by the reads'
/// bytes, those that come late on both by a busy server.
///
/// [#run] is for one thread; what it counts comes from the two connections' event loops.
final class SharedConnection implements AutoCloseable {
    private static final int DIGITS = 3;
    private static final Keys TICKS = new Keys(Keys.ROOT + "fairness/tick/", 32, 1_000);
    private static final Keys BIG = new Keys(Keys.ROOT + "fairness/big/", 32, 1_000);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final Connections connections;
    private final Load load;
    private final ByteString tick;
    private final LongAdder watching = new LongAdder();
    private final AtomicReference<Status> failure = new AtomicReference<>();
    private volatile Round round = new Round(0);

    /// @param readers    reads at once
    /// @param values     keys that each of them covers
    /// @param valueSize  bytes of each of their values
    /// @param eventEvery time from one put to the next
    record Load(int readers, int values, int valueSize, Duration eventEvery, Duration patience) {}

    /// @param shared  delays of events on the connection with the reads
    /// @param apart   delays of the same events on the other one
    /// @param puts    how long the puts took
    /// @param bytes   of the reads' answers
    /// @param nanos   in which they arrived
    record Seen(Histogram shared, Histogram apart, Histogram puts, long bytes, long nanos) {
        double megabytesPerSecond() {
            return bytes * 1e3 / nanos;
        }
    }

    private static final class Round {
        private final long until;
        private final Histogram shared = new SynchronizedHistogram(DIGITS);
        private final Histogram apart = new SynchronizedHistogram(DIGITS);
        private final Histogram puts = new SynchronizedHistogram(DIGITS);
        private final LongAdder bytes = new LongAdder();
        private final LongAdder sent = new LongAdder();
        private volatile boolean ended;

        /// @param until  puts end at this [System#nanoTime]
        private Round(long until) {
            this.until = until;
        }

        private boolean complete() {
            return puts.getTotalCount() == sent.sum()
                    && shared.getTotalCount() == sent.sum()
                    && apart.getTotalCount() == sent.sum();
        }
    }

    private SharedConnection(Connections connections, Load load, ByteString tick) {
        this.connections = connections;
        this.load = load;
        this.tick = tick;
    }

    /// Connects, writes what is to be read, and watches.
    ///
    /// @param number of the key that is watched: another one for each that is open on a server, or one would count
    /// the events of the other's puts
    /// @throws AbortedException when the server does not do its part in time
    static SharedConnection open(Endpoint endpoint, Security security, Load load, int number, long seed) {
        SharedConnection opened = new SharedConnection(
                Connections.open(List.of(endpoint), security, 2, 2, load.patience(), Connections.Window.GROWING),
                load,
                TICKS.key(number));
        try {
            Payload payload = new Payload(load.valueSize(), seed);
            for (int i = 0; i < load.values(); i++) {
                opened.write(BIG.key(i), payload.value(i));
            }
            opened.watch(opened.shared(), true);
            opened.watch(opened.apart(), false);
            opened.await("confirm both watches", () -> opened.watching.sum() == 2);
            return opened;
        } catch (RuntimeException e) {
            opened.close();
            throw e;
        }
    }

    private Channel shared() {
        return connections.all().getFirst().channel();
    }

    private Channel apart() {
        return connections.all().getLast().channel();
    }

    private void write(ByteString key, ByteString value) {
        try {
            var _ = ClientCalls.blockingUnaryCall(
                    apart(),
                    PutLoad.PUT,
                    CallOptions.DEFAULT.withDeadlineAfter(load.patience().toMillis(), TimeUnit.MILLISECONDS),
                    PutLoad.request(key, value));
        } catch (StatusRuntimeException e) {
            throw new AbortedException("could not write what is to be read: " + Tally.text(e.getStatus()));
        }
    }

    private void watch(Channel channel, boolean beside) {
        ClientCall<WatchRequest, WatchResponse> call = channel.newCall(WatchGrpc.getWatchMethod(), CallOptions.DEFAULT);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onMessage(WatchResponse reply) {
                        if (reply.getCreated()) {
                            watching.increment();
                        }
                        arrived(reply, beside);
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        fail(status.isOk() ? Status.UNAVAILABLE.withDescription("the watch stream was ended") : status);
                    }
                },
                new Metadata());
        call.request(Integer.MAX_VALUE);
        call.sendMessage(WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder().setKey(tick))
                .build());
    }

    private void arrived(WatchResponse reply, boolean beside) {
        long now = System.nanoTime();
        Round current = round;
        for (Event event : reply.getEventsList()) {
            long sent = event.getKv().getValue().asReadOnlyByteBuffer().getLong();
            (beside ? current.shared : current.apart).recordValue(Math.max(0, now - sent));
        }
    }

    /// Reads and puts for so long, and waits for the events of all puts.
    ///
    /// @throws AbortedException when a call fails or an event does not come
    Seen run(Duration length) {
        long start = System.nanoTime();
        Round current = new Round(start + length.toNanos());
        round = current;
        CountDownLatch reading = new CountDownLatch(load.readers());
        for (int i = 0; i < load.readers(); i++) {
            read(current, reading);
        }
        Future<?> putting = connections
                .all()
                .getLast()
                .loop()
                .scheduleAtFixedRate(() -> put(current), 0, load.eventEvery().toNanos(), TimeUnit.NANOSECONDS);
        try {
            while (System.nanoTime() - current.until < 0 && failure.get() == null) {
                LockSupport.parkNanos(LOOK_NANOS);
            }
            putting.cancel(false);
            // A put that was begun while the schedule was cancelled is counted once this has passed through the loop.
            connections.all().getLast().loop().submit(() -> {}).awaitUninterruptibly();
            // The reads go on until then: the last event is not to have the connection to itself.
            await("send all events", current::complete);
            long bytes = current.bytes.sum();
            long nanos = System.nanoTime() - start;
            current.ended = true;
            await("answer the last reads", () -> reading.getCount() == 0);
            return new Seen(current.shared, current.apart, current.puts, bytes, nanos);
        } finally {
            current.ended = true;
            putting.cancel(false);
        }
    }

    private void read(Round current, CountDownLatch reading) {
        if (current.ended || failure.get() != null) {
            reading.countDown();
            return;
        }
        RangeRequest request = RangeRequest.newBuilder()
                .setKey(BIG.start())
                .setRangeEnd(BIG.end())
                .setLimit(load.values())
                .build();
        ClientCalls.asyncUnaryCall(
                shared().newCall(RangeLoad.RANGE, CallOptions.DEFAULT),
                request,
                new Answer(answer -> current.bytes.add(answer.bytes()), () -> read(current, reading)));
    }

    private void put(Round current) {
        long now = System.nanoTime();
        byte[] value = new byte[Long.BYTES];
        ByteBuffer.wrap(value).putLong(now);
        current.sent.increment();
        ClientCalls.asyncUnaryCall(
                apart().newCall(PutLoad.PUT, CallOptions.DEFAULT),
                PutLoad.request(tick, UnsafeByteOperations.unsafeWrap(value)),
                new Answer(_ -> current.puts.recordValue(System.nanoTime() - now), () -> {}));
    }

    private void fail(Status status) {
        failure.compareAndSet(null, status);
    }

    private void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + load.patience().toNanos();
        while (!condition.getAsBoolean()) {
            if (failure.get() != null) {
                throw new AbortedException(Tally.text(failure.get()));
            }
            if (System.nanoTime() - deadline > 0) {
                throw new AbortedException("the server did not " + what + " within "
                        + load.patience().toSeconds() + " s");
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    @Override
    public void close() {
        connections.close();
    }

    private final class Answer implements StreamObserver<Skipped> {
        private final Consumer<Skipped> counted;
        private final Runnable next;

        private Answer(Consumer<Skipped> counted, Runnable next) {
            this.counted = counted;
            this.next = next;
        }

        @Override
        public void onNext(Skipped answer) {
            counted.accept(answer);
        }

        @Override
        public void onError(Throwable cause) {
            fail(Status.fromThrowable(cause));
            next.run();
        }

        @Override
        public void onCompleted() {
            next.run();
        }
    }
}
