package io.metastore.consensus.peer;

import io.metastore.measure.Histogram;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/// What passes between this member and each other one.
public final class PeerMetrics {
    private final Map<Long, Counts> members = new ConcurrentHashMap<>();

    /// What is counted of one other member. Whoever sends or receives keeps it, so that a message costs an addition and
    /// no look-up.
    public static final class Counts {
        private final LongAdder sentBytes = new LongAdder();
        private final LongAdder receivedBytes = new LongAdder();
        private final LongAdder sentFailures = new LongAdder();
        private final LongAdder receivedFailures = new LongAdder();
        private final LongAdder disconnects = new LongAdder();
        private final Histogram roundTrips = Histogram.ofSeconds(100_000, 16);
        private volatile boolean connected;
        private volatile long connectedNanos;

        private Counts() {}

        public void sent(int bytes) {
            sentBytes.add(bytes);
        }

        public void received(int bytes) {
            receivedBytes.add(bytes);
        }

        /// A call that was not sent, or whose connection broke before its answer came.
        public void notSent() {
            sentFailures.increment();
        }

        /// A call that came and could not be taken.
        public void notTaken() {
            receivedFailures.increment();
        }

        /// The other has answered the greeting on the connection to it.
        public void connected() {
            connectedNanos = System.nanoTime();
            connected = true;
        }

        /// The connection to the other, over which it had been greeted, has ended.
        public void disconnected() {
            connected = false;
            disconnects.increment();
        }

        public void roundTrip(long nanos) {
            roundTrips.record(nanos);
        }

        public long sentBytes() {
            return sentBytes.sum();
        }

        public long receivedBytes() {
            return receivedBytes.sum();
        }

        public long sentFailures() {
            return sentFailures.sum();
        }

        public long receivedFailures() {
            return receivedFailures.sum();
        }

        public long disconnects() {
            return disconnects.sum();
        }

        public boolean isConnected() {
            return connected;
        }

        /// Whether the connection is there and has been for so long.
        public boolean isConnectedFor(long nanos, long now) {
            return connected && now - connectedNanos >= nanos;
        }

        /// Times from a sign of life asked for until it came.
        public Histogram roundTrips() {
            return roundTrips;
        }
    }

    public Counts of(long member) {
        return members.computeIfAbsent(member, _ -> new Counts());
    }

    /// All that was ever counted, by member.
    public Map<Long, Counts> all() {
        return new TreeMap<>(members);
    }
}
