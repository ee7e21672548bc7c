package io.metastore.consensus.peer.grpc;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.metastore.cluster.Incarnation;
import io.metastore.consensus.peer.Caller;
import io.metastore.consensus.peer.Introduced;
import io.metastore.consensus.peer.Lane;
import io.metastore.consensus.peer.PeerHandler;
import io.metastore.consensus.peer.PeerIdentity;
import io.metastore.consensus.peer.PeerMessage;
import io.metastore.consensus.peer.PeerMetrics;
import io.metastore.consensus.peer.PeerTable;
import io.metastore.consensus.peer.wire.Frame;
import io.metastore.consensus.peer.wire.Hello;
import io.metastore.consensus.peer.wire.MembersReply;
import io.metastore.consensus.peer.wire.MembersRequest;
import io.metastore.consensus.peer.wire.PeerGrpc;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/// Where other members open their lanes. Who is not of this cluster, or takes this member for another, is told so and
/// turned away.
public final class PeerEndpoint extends PeerGrpc.PeerImplBase {
    private static final Logger LOG = Logger.getLogger(PeerEndpoint.class);

    private final PeerIdentity self;
    private final PeerTable table;
    private final Introduced introduced;
    private final Supplier<MembersCall.Answer> members;
    private final PeerHandler handler;
    private final PeerMetrics metrics;
    private volatile String complaint = "";

    /// @param introduced told where callers are reached that the table does not have
    /// @param members who belongs to the cluster, for whom asks before joining it
    public PeerEndpoint(
            PeerIdentity self,
            PeerTable table,
            Introduced introduced,
            Supplier<MembersCall.Answer> members,
            PeerHandler handler,
            PeerMetrics metrics) {
        this.self = self;
        this.table = table;
        this.introduced = introduced;
        this.members = members;
        this.handler = handler;
        this.metrics = metrics;
    }

    @Override
    public StreamObserver<Frame> lane(StreamObserver<Frame> answers) {
        return new Opened((ServerCallStreamObserver<Frame>) answers);
    }

    @Override
    public void members(MembersRequest request, StreamObserver<MembersReply> answer) {
        answer.onNext(MembersCall.reply(members.get()));
        answer.onCompleted();
    }

    private String complaint(Hello hello) {
        if (hello.getCluster() != self.cluster()) {
            return "member " + Long.toHexString(hello.getMember()) + " belongs to cluster "
                    + Long.toHexString(hello.getCluster()) + ", this is member " + Long.toHexString(self.member())
                    + " of cluster " + Long.toHexString(self.cluster())
                    + ": check initial-cluster and initial-cluster-token of both";
        }
        if (hello.getTo() != self.member()) {
            return "member " + Long.toHexString(hello.getMember()) + " looks for member "
                    + Long.toHexString(hello.getTo()) + " here, but this is member "
                    + Long.toHexString(self.member()) + ": check initial-cluster";
        }
        if (hello.getMember() == self.member()) {
            return "member " + Long.toHexString(hello.getMember()) + " calls itself: check initial-cluster";
        }
        if (hello.getLane() < 0 || hello.getLane() >= Lane.values().length) {
            return "member " + Long.toHexString(hello.getMember()) + " opens a lane of unknown number "
                    + hello.getLane();
        }
        return null;
    }

    private final class Opened implements StreamObserver<Frame> {
        private final ServerCallStreamObserver<Frame> answers;
        private Caller caller;
        private PeerMetrics.Counts counts;
        private boolean ended;

        private Opened(ServerCallStreamObserver<Frame> answers) {
            this.answers = answers;
            answers.setOnCancelHandler(this::end);
        }

        @Override
        public void onNext(Frame frame) {
            if (caller == null) {
                greet(frame);
                return;
            }
            counts.received(frame.getSerializedSize());
            // Once a second: a member that lagged when it was removed learns it in no other way.
            if (frame.getKind() == PeerMessage.Kinds.PING && table.removed().contains(caller.member())) {
                turnAway(Status.fromCode(Hellos.REMOVED), Hellos.wasRemoved(caller.member()));
                return;
            }
            long id = frame.getId();
            Consumer<PeerMessage> answer = message -> send(Frame.newBuilder()
                    .setId(id)
                    .setKind(message.kind())
                    .setBody(message.body())
                    .build());
            try {
                handler.called(caller, new PeerMessage(frame.getKind(), frame.getBody()), answer);
            } catch (RuntimeException failure) {
                counts.notTaken();
                LOG.errorf(failure, "a call of member %x failed", caller.member());
                close(Status.INTERNAL.withDescription(failure.toString()));
            }
        }

        private void greet(Frame frame) {
            Hello hello = frame.getHello();
            String wrong = complaint(hello);
            if (wrong != null) {
                turnAway(Status.FAILED_PRECONDITION, wrong);
                return;
            }
            if (table.removed().contains(hello.getMember())) {
                turnAway(Status.fromCode(Hellos.REMOVED), Hellos.wasRemoved(hello.getMember()));
                return;
            }
            // Members that came while this one was away are not in its table yet, and one of them may lead.
            PeerTable.Known entry = table.members().get(hello.getMember());
            Incarnation known = entry == null ? Incarnation.UNKNOWN : entry.incarnation();
            if (!known.admits(Hellos.incarnation(hello))) {
                turnAway(Status.fromCode(Hellos.DISOWNED), Hellos.lostItsData(hello.getMember(), known, hello));
                return;
            }
            if (entry == null) {
                introduced.heard(hello.getMember(), Hellos.urls(hello));
            }
            Lane lane = Lane.values()[hello.getLane()];
            counts = metrics.of(hello.getMember());
            counts.received(frame.getSerializedSize());
            caller = new Caller(hello.getMember(), lane, this::cut);
            send(Frame.newBuilder()
                    .setHello(Hellos.of(self, table, hello.getMember(), lane))
                    .build());
        }

        private void turnAway(Status status, String why) {
            if (!why.equals(complaint)) {
                complaint = why;
                LOG.warnf("turned away: %s", why);
            }
            close(status.withDescription(why));
        }

        private synchronized void send(Frame frame) {
            if (!ended && !answers.isCancelled()) {
                counts.sent(frame.getSerializedSize());
                answers.onNext(frame);
            }
        }

        private void cut() {
            counts.notTaken();
            close(Status.ABORTED.withDescription("the lane was cut"));
        }

        private void close(Status status) {
            synchronized (this) {
                if (!ended && !answers.isCancelled()) {
                    answers.onError(status.asRuntimeException());
                }
            }
            end();
        }

        @Override
        public void onError(Throwable failure) {
            end();
        }

        @Override
        public void onCompleted() {
            synchronized (this) {
                if (!ended) {
                    answers.onCompleted();
                }
            }
            end();
        }

        private void end() {
            synchronized (this) {
                if (ended) {
                    return;
                }
                ended = true;
            }
            if (caller != null) {
                handler.ended(caller);
            }
        }
    }
}
