package io.metastore.simulation;

import com.google.protobuf.ByteString;
import io.metastore.consensus.peer.Caller;
import io.metastore.consensus.peer.Lane;
import io.metastore.consensus.peer.PeerFailure;
import io.metastore.consensus.peer.PeerMessage;
import io.metastore.consensus.peer.Peers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A connection that one member has opened to another.
final class Link {
    private static final long CONNECT_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final SimulatedNetwork network;
    private final SimulatedPeers from;
    private final long to;
    private final Stream[] streams = new Stream[Lane.values().length];
    private final long begunNanos = System.nanoTime();
    private long heardNanos = begunNanos;
    private boolean established;
    private boolean ended;

    Link(SimulatedNetwork network, SimulatedPeers from, long to) {
        this.network = network;
        this.from = from;
        this.to = to;
    }

    record Waiting(Peers.Reply reply, long deadline) {
        private void fail(PeerFailure.Kind kind, String why) {
            reply.failed(new PeerFailure(kind, why));
        }
    }

    long to() {
        return to;
    }

    /// Called with the network's lock held.
    Stream stream(Lane lane) {
        Stream stream = streams[lane.ordinal()];
        if (stream == null) {
            stream = new Stream(lane);
            streams[lane.ordinal()] = stream;
            stream.open();
        }
        return stream;
    }

    void timeOut(long now) {
        List<Waiting> late = new ArrayList<>();
        boolean dead;
        synchronized (network) {
            for (Stream stream : streams) {
                if (stream != null) {
                    stream.takeLate(now, late);
                }
            }
            dead = !late.isEmpty() && now - heardNanos > SILENCE_NANOS;
            dead |= !established && now - begunNanos > CONNECT_NANOS;
        }
        late.forEach(waiting -> waiting.fail(PeerFailure.Kind.TIMED_OUT, "no answer within the time limit"));
        if (dead) {
            end("no answer for " + TimeUnit.NANOSECONDS.toMillis(SILENCE_NANOS) + " ms");
        }
    }

    /// Ends the connection on the side that has opened it.
    void end(String why) {
        List<Waiting> unknown = new ArrayList<>();
        synchronized (network) {
            if (ended) {
                return;
            }
            ended = true;
            from.ended(this);
            for (Stream stream : streams) {
                if (stream != null) {
                    stream.end(unknown);
                }
            }
        }
        unknown.forEach(waiting -> waiting.fail(PeerFailure.Kind.UNKNOWN, why));
    }

    /// Copies what others may use again.
    private static PeerMessage copy(PeerMessage message) {
        return new PeerMessage(
                message.kind(), ByteString.copyFrom(message.body().asReadOnlyByteBuffer()));
    }

    /// One lane.
    final class Stream {
        private final Lane lane;
        private final Pipe out;
        private final Pipe back;
        private final Map<Long, Waiting> waiting = new HashMap<>();
        private long calls;
        private boolean greeted;
        /// On the side of the member that is called: who has the stream there, and with what.
        private SimulatedPeers callee;

        private Caller caller;

        private Stream(Lane lane) {
            this.lane = lane;
            this.out = network.pipe(from.member(), to);
            this.back = network.pipe(to, from.member());
        }

        private void open() {
            out.send(this::opened);
        }

        /// Why it is not sent, or null. Called with the network's lock held.
        String send(PeerMessage message, Waiting sender) {
            if (lane == Lane.FORWARD && !greeted) {
                return "member " + to + " has not answered yet";
            }
            long id = ++calls;
            waiting.put(id, sender);
            PeerMessage copied = copy(message);
            out.send(() -> called(id, copied));
            return null;
        }

        private void takeLate(long now, List<Waiting> late) {
            waiting.values().removeIf(sender -> now - sender.deadline() >= 0 && late.add(sender));
        }

        private void end(List<Waiting> unknown) {
            unknown.addAll(waiting.values());
            waiting.clear();
            out.end(Integer.MAX_VALUE, () -> {
                network.forget(back);
                closed();
            });
        }

        private void opened() {
            synchronized (network) {
                SimulatedPeers now = network.member(to);
                if (now.isAlive()) {
                    callee = now;
                    caller = new Caller(from.member(), lane, () -> cut("the lane was cut"));
                    callee.served().add(this);
                    back.send(this::greeted);
                    return;
                }
            }
            back.end(0, () -> Link.this.end("connection refused"));
        }

        private void greeted() {
            synchronized (network) {
                heardNanos = System.nanoTime();
                established = true;
                greeted = true;
                if (!ended) {
                    from.greeted(Link.this);
                }
            }
        }

        private void called(long id, PeerMessage message) {
            SimulatedPeers called;
            synchronized (network) {
                called = callee;
            }
            if (called == null) {
                return;
            }
            try {
                called.handler().called(caller, message, answer -> answer(called, id, copy(answer)));
            } catch (RuntimeException failure) {
                cut("a call failed: " + failure);
            }
        }

        private void answer(SimulatedPeers by, long id, PeerMessage answer) {
            synchronized (network) {
                if (callee == by) {
                    back.send(() -> answered(id, answer));
                }
            }
        }

        private void answered(long id, PeerMessage answer) {
            Waiting answered;
            synchronized (network) {
                heardNanos = System.nanoTime();
                answered = waiting.remove(id);
            }
            if (answered != null) {
                answered.reply().answered(answer);
            }
        }

        /// Ends the stream on the side of the member that is called; the caller learns it, and ends the connection.
        void cut(String why) {
            closed();
            back.end(Integer.MAX_VALUE, () -> Link.this.end(why));
        }

        private void closed() {
            SimulatedPeers closing;
            synchronized (network) {
                closing = callee;
                callee = null;
                if (closing == null) {
                    return;
                }
                closing.served().remove(this);
            }
            closing.handler().ended(caller);
        }
    }
}
