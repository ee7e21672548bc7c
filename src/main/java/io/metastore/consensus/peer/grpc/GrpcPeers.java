package io.metastore.consensus.peer.grpc;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.metastore.consensus.peer.Introduced;
import io.metastore.consensus.peer.Lane;
import io.metastore.consensus.peer.PeerFailure;
import io.metastore.consensus.peer.PeerIdentity;
import io.metastore.consensus.peer.PeerMessage;
import io.metastore.consensus.peer.PeerMetrics;
import io.metastore.consensus.peer.PeerTable;
import io.metastore.consensus.peer.Peers;
import io.metastore.consensus.peer.TurnedAway;
import io.metastore.consensus.peer.wire.Frame;
import io.metastore.consensus.peer.wire.PeerGrpc;
import io.metastore.thread.Threads;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import java.net.ConnectException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/// The way to other members over gRPC: one connection to each, with one stream per lane on it.
///
/// A connection is made when something is to be sent and is cut as a whole when any of its streams ends. The next one
/// is
/// tried after a short, jittered pause, at the member's next address, with its name looked up anew: members that run in
/// pods come back under other IP addresses. Until a lane has been greeted, calls that must not be lost in doubt fail as
/// not sent.
///
/// What is under way to a member that reads slowly is bounded by who calls: raft keeps a few appends in flight, the
/// batcher a few entries.
public final class GrpcPeers implements Peers, AutoCloseable {
    private static final Logger LOG = Logger.getLogger(GrpcPeers.class);
    private static final int MESSAGE_BYTES_MAX = 1 << 30;
    private static final Duration TICK = Duration.ofMillis(20);
    private static final long PAUSE_LEAST_MS = 20;
    private static final long PAUSE_MOST_MS = 500;
    private static final int CONNECT_MAX_MS = 2_000;
    /// A connection on which calls time out and nothing came for so long is taken for dead: its packets may be lost for
    /// many minutes before TCP says so.
    private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final PeerIdentity self;
    private final PeerTable table;
    private final Introduced introduced;
    private final Optional<SslContext> tls;
    private final EventLoopGroup loops;
    private final TurnedAway turnedAway;
    private final PeerMetrics metrics;
    private final Map<Long, Peer> peers = new ConcurrentHashMap<>();
    private final ScheduledExecutorService clock = Threads.clock("peer-limits", Threads.UNCAUGHT);
    private volatile boolean closed;

    /// @param introduced where those are reached whom the table does not have
    /// @param tls   secures connections to https addresses; empty for none
    /// @param loops threads that send and receive; not closed here
    /// @param turnedAway told on such a thread
    public GrpcPeers(
            PeerIdentity self,
            PeerTable table,
            Introduced introduced,
            Optional<SslContext> tls,
            EventLoopGroup loops,
            TurnedAway turnedAway,
            PeerMetrics metrics) {
        this.self = self;
        this.table = table;
        this.introduced = introduced;
        this.tls = tls;
        this.loops = loops;
        this.turnedAway = turnedAway;
        this.metrics = metrics;
        clock.scheduleWithFixedDelay(this::timeOut, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void call(long member, Lane lane, PeerMessage message, Reply reply, Duration limit) {
        peers.computeIfAbsent(member, Peer::new)
                .call(lane, message, new Waiting(reply, System.nanoTime() + limit.toNanos()));
    }

    private void timeOut() {
        long now = System.nanoTime();
        peers.values().forEach(peer -> peer.timeOut(now));
    }

    @Override
    public void close() {
        closed = true;
        clock.shutdownNow();
        peers.values().forEach(peer -> peer.drop("this member stops"));
    }

    private record Waiting(Reply reply, long deadline) {}

    private static PeerFailure notSent(String why) {
        return notSent(false, why);
    }

    private static PeerFailure notSent(boolean refused, String why) {
        return new PeerFailure(refused ? PeerFailure.Kind.REFUSED : PeerFailure.Kind.NOT_SENT, why);
    }

    /// Whether nobody listened at the address. A connection that could not be made in time is no such case: Netty's
    /// exception for that is a kind of the other.
    private static boolean isRefused(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectException) {
                return !(cause instanceof ConnectTimeoutException);
            }
        }
        return false;
    }

    /// One other member.
    private final class Peer {
        private final long member;
        private final PeerMetrics.Counts counts;
        private Link link;
        private long retryNanos;
        private long pauseMs;
        private int address;
        private String complaint = "";
        private boolean refused;

        private Peer(long member) {
            this.member = member;
            this.counts = metrics.of(member);
        }

        private void call(Lane lane, PeerMessage message, Waiting waiting) {
            Stream stream;
            try {
                stream = stream(lane);
            } catch (PeerFailure failure) {
                counts.notSent();
                waiting.reply().failed(failure);
                return;
            }
            stream.send(message, waiting);
        }

        private synchronized Stream stream(Lane lane) throws PeerFailure {
            if (closed) {
                throw notSent("this member stops");
            }
            if (link == null) {
                if (System.nanoTime() - retryNanos < 0) {
                    throw notSent(refused, complaint);
                }
                link = connect();
            }
            return link.stream(lane);
        }

        private Link connect() throws PeerFailure {
            PeerTable.Known known = table.members().get(member);
            List<URI> urls = known == null ? introduced.urls(member) : known.urls();
            if (urls.isEmpty()) {
                throw notSent("member " + Long.toHexString(member) + " is not in the member table");
            }
            URI url = urls.get(Math.floorMod(address, urls.size()));
            NettyChannelBuilder builder = NettyChannelBuilder.forTarget(Hellos.target(url))
                    .channelType(NioSocketChannel.class)
                    .eventLoopGroup(loops)
                    .directExecutor()
                    .disableRetry()
                    .withOption(ChannelOption.TCP_NODELAY, true)
                    .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MAX_MS)
                    .maxInboundMessageSize(MESSAGE_BYTES_MAX);
            if (url.getScheme().equalsIgnoreCase("https")) {
                builder.sslContext(tls.orElseThrow(
                        () -> notSent(url + " needs certificates: set peer-cert-file and peer-key-file")));
            } else {
                builder.usePlaintext();
            }
            try {
                return new Link(this, url, builder.build());
            } catch (RuntimeException wrong) {
                // An address that others have agreed to must not end this member.
                throw notSent("the address " + url + " cannot be used: " + wrong);
            }
        }

        private void ended(Link ended, String why) {
            ended(ended, PeerFailure.Kind.UNKNOWN, why);
        }

        /// @param kind of the calls that had no answer
        private void ended(Link ended, PeerFailure.Kind kind, String why) {
            synchronized (this) {
                if (link != ended) {
                    return;
                }
                link = null;
                refused = kind == PeerFailure.Kind.REFUSED;
                lost(ended);
                address++;
                pauseMs = Math.clamp(2 * pauseMs, PAUSE_LEAST_MS, PAUSE_MOST_MS);
                long jittered = pauseMs / 2 + ThreadLocalRandom.current().nextLong(pauseMs / 2 + 1);
                retryNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(jittered);
                String said = "member " + Long.toHexString(member) + " at " + ended.url + ": " + why;
                if (!said.equals(complaint)) {
                    LOG.warnf("the connection to %s", said);
                    complaint = said;
                }
            }
            ended.cut(kind, why);
        }

        /// Called with the lock held.
        private void lost(Link lost) {
            if (lost.greeted) {
                counts.disconnected();
            }
        }

        private synchronized void greeted(Link greeted) {
            if (link == greeted && !greeted.greeted) {
                greeted.greeted = true;
                counts.connected();
            }
            if (link == greeted && (pauseMs != 0 || !complaint.isEmpty())) {
                LOG.infof("connected to member %x at %s", member, greeted.url);
                pauseMs = 0;
                complaint = "";
            }
        }

        private void drop(String why) {
            Link dropped;
            synchronized (this) {
                dropped = link;
                link = null;
            }
            if (dropped != null) {
                dropped.cut(PeerFailure.Kind.UNKNOWN, why);
            }
        }

        private void timeOut(long now) {
            Link current;
            synchronized (this) {
                current = link;
            }
            if (current != null && current.timeOut(now)) {
                ended(current, "no answer for " + SILENCE_NANOS / 1_000_000 + " ms");
            }
        }
    }

    /// One connection.
    private final class Link {
        private final Peer peer;
        private final URI url;
        private final ManagedChannel channel;
        private final Stream[] streams = new Stream[Lane.values().length];
        /// Guarded by the peer's lock.
        private boolean greeted;

        private volatile long heardNanos = System.nanoTime();

        private Link(Peer peer, URI url, ManagedChannel channel) {
            this.peer = peer;
            this.url = url;
            this.channel = channel;
        }

        /// Called with the peer's lock held.
        private Stream stream(Lane lane) {
            Stream stream = streams[lane.ordinal()];
            if (stream == null) {
                stream = new Stream(this, lane);
                streams[lane.ordinal()] = stream;
                stream.open();
            }
            return stream;
        }

        private List<Stream> opened() {
            List<Stream> opened = new ArrayList<>();
            synchronized (peer) {
                for (Stream stream : streams) {
                    if (stream != null) {
                        opened.add(stream);
                    }
                }
            }
            return opened;
        }

        /// Whether calls time out while nothing comes.
        private boolean timeOut(long now) {
            boolean late = false;
            for (Stream stream : opened()) {
                late |= stream.timeOut(now);
            }
            return late && now - heardNanos > SILENCE_NANOS;
        }

        private void cut(PeerFailure.Kind kind, String why) {
            List<Stream> opened = opened();
            channel.shutdownNow();
            opened.forEach(stream -> stream.fail(kind, why));
        }
    }

    /// One lane.
    private final class Stream implements StreamObserver<Frame> {
        private final Link link;
        private final Lane lane;
        private final Map<Long, Waiting> waiting = new ConcurrentHashMap<>();
        private StreamObserver<Frame> out;
        private long calls;
        private String ended;
        private boolean refused;
        private volatile boolean greeted;

        private Stream(Link link, Lane lane) {
            this.link = link;
            this.lane = lane;
        }

        private synchronized void open() {
            out = PeerGrpc.newStub(link.channel).lane(this);
            write(Frame.newBuilder()
                    .setHello(Hellos.of(self, table, link.peer.member, lane))
                    .build());
        }

        /// Called with the lock held.
        private void write(Frame frame) {
            link.peer.counts.sent(frame.getSerializedSize());
            out.onNext(frame);
        }

        private void send(PeerMessage message, Waiting caller) {
            PeerFailure failure = null;
            synchronized (this) {
                if (ended != null) {
                    failure = notSent(refused, ended);
                } else if (lane == Lane.FORWARD && !greeted) {
                    failure = notSent("member " + Long.toHexString(link.peer.member) + " has not answered yet");
                } else {
                    long id = ++calls;
                    waiting.put(id, caller);
                    write(Frame.newBuilder()
                            .setId(id)
                            .setKind(message.kind())
                            .setBody(message.body())
                            .build());
                }
            }
            if (failure != null) {
                link.peer.counts.notSent();
                caller.reply().failed(failure);
            }
        }

        @Override
        public void onNext(Frame frame) {
            link.heardNanos = System.nanoTime();
            link.peer.counts.received(frame.getSerializedSize());
            if (frame.hasHello()) {
                String wrong = Hellos.complaint(self, table, link.peer.member, frame.getHello());
                if (wrong != null) {
                    link.peer.ended(link, wrong);
                    return;
                }
                greeted = true;
                link.peer.greeted(link);
                return;
            }
            Waiting caller = waiting.remove(frame.getId());
            if (caller != null) {
                caller.reply().answered(new PeerMessage(frame.getKind(), frame.getBody()));
            }
        }

        @Override
        public void onError(Throwable failure) {
            PeerFailure.Kind kind = isRefused(failure) ? PeerFailure.Kind.REFUSED : PeerFailure.Kind.UNKNOWN;
            String text = Hellos.text(failure);
            link.peer.ended(link, kind, text);
            Status.Code code = Status.fromThrowable(failure).getCode();
            if (code == Hellos.DISOWNED) {
                turnedAway.disowned(text);
            } else if (code == Hellos.REMOVED) {
                turnedAway.removed(text);
            }
        }

        @Override
        public void onCompleted() {
            link.peer.ended(link, "it ended the connection");
        }

        private boolean timeOut(long now) {
            boolean late = false;
            for (Map.Entry<Long, Waiting> entry : waiting.entrySet()) {
                if (now - entry.getValue().deadline() >= 0 && waiting.remove(entry.getKey()) != null) {
                    late = true;
                    entry.getValue()
                            .reply()
                            .failed(new PeerFailure(PeerFailure.Kind.TIMED_OUT, "no answer within the time limit"));
                }
            }
            return late;
        }

        private void fail(PeerFailure.Kind kind, String why) {
            synchronized (this) {
                if (ended == null) {
                    ended = why;
                    refused = kind == PeerFailure.Kind.REFUSED;
                }
            }
            for (Long id : List.copyOf(waiting.keySet())) {
                Waiting caller = waiting.remove(id);
                if (caller != null) {
                    link.peer.counts.notSent();
                    caller.reply().failed(new PeerFailure(kind, why));
                }
            }
        }
    }
}
