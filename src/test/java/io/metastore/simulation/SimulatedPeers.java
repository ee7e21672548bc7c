package io.metastore.simulation;

import io.metastore.consensus.peer.Lane;
import io.metastore.consensus.peer.PeerFailure;
import io.metastore.consensus.peer.PeerHandler;
import io.metastore.consensus.peer.PeerMessage;
import io.metastore.consensus.peer.Peers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/// One member's way into a [SimulatedNetwork]. Fails calls as [io.metastore.consensus.peer.grpc.GrpcPeers] does:
///
/// ```
/// no connection, and none is tried yet             not sent
/// forward lane, not greeted yet                    not sent
/// connection refused or ended                      unknown
/// no answer within the call's limit                timed out; the connection ends when nothing came for 2 s
/// ```
public final class SimulatedPeers implements Peers {
    private static final long PAUSE_LEAST_MS = 20;
    private static final long PAUSE_MOST_MS = 500;

    private final SimulatedNetwork network;
    private final long member;
    private final PeerHandler handler;
    private final Map<Long, Dialed> others = new HashMap<>();
    /// Streams that others have opened.
    private final Set<Link.Stream> served = new HashSet<>();
    private boolean left;

    SimulatedPeers(SimulatedNetwork network, long member, PeerHandler handler) {
        this.network = network;
        this.member = member;
        this.handler = handler;
    }

    private static final class Dialed {
        private Link link;
        private long retryNanos = System.nanoTime();
        private long pauseMs;
    }

    long member() {
        return member;
    }

    PeerHandler handler() {
        return handler;
    }

    boolean isAlive() {
        return !left;
    }

    Set<Link.Stream> served() {
        return served;
    }

    @Override
    public void call(long to, Lane lane, PeerMessage message, Reply reply, Duration limit) {
        String notSent;
        synchronized (network) {
            notSent = send(to, lane, message, new Link.Waiting(reply, System.nanoTime() + limit.toNanos()));
        }
        if (notSent != null) {
            reply.failed(new PeerFailure(PeerFailure.Kind.NOT_SENT, notSent));
        }
    }

    /// Why it is not sent, or null.
    private String send(long to, Lane lane, PeerMessage message, Link.Waiting waiting) {
        if (left) {
            return "this member stops";
        }
        if (network.member(to) == null) {
            return "member " + to + " is not in the member table";
        }
        Dialed dialed = others.computeIfAbsent(to, _ -> new Dialed());
        if (dialed.link == null) {
            if (System.nanoTime() - dialed.retryNanos < 0) {
                return "member " + to + " was not reached a moment ago";
            }
            dialed.link = new Link(network, this, to);
        }
        return dialed.link.stream(lane).send(message, waiting);
    }

    /// A connection to another member has ended. Called with the lock held.
    void ended(Link link) {
        Dialed dialed = others.get(link.to());
        if (dialed.link == link) {
            dialed.link = null;
            dialed.pauseMs = Math.clamp(2 * dialed.pauseMs, PAUSE_LEAST_MS, PAUSE_MOST_MS);
            long jittered = dialed.pauseMs / 2 + network.chance((int) dialed.pauseMs / 2);
            dialed.retryNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(jittered);
        }
    }

    /// Another member has answered. Called with the lock held.
    void greeted(Link link) {
        others.get(link.to()).pauseMs = 0;
    }

    private List<Link> links() {
        synchronized (network) {
            List<Link> links = new ArrayList<>();
            others.values().stream().filter(dialed -> dialed.link != null).forEach(dialed -> links.add(dialed.link));
            return links;
        }
    }

    void drop(long to) {
        links().stream().filter(link -> link.to() == to).forEach(link -> link.end("the connection was reset"));
    }

    void timeOut() {
        long now = System.nanoTime();
        links().forEach(link -> link.timeOut(now));
    }

    /// Ends all connections, as the end of a process does: others are told as soon as they are reached.
    public void leave() {
        List<Link.Stream> streams;
        synchronized (network) {
            left = true;
            streams = List.copyOf(served);
            served.clear();
        }
        links().forEach(link -> link.end("this member stops"));
        streams.forEach(stream -> stream.cut("it ended the connection"));
    }
}
