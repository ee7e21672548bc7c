package io.metastore.consensus.peer.grpc;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.metastore.cluster.Incarnation;
import io.metastore.cluster.Member;
import io.metastore.consensus.peer.wire.MembersReply;
import io.metastore.consensus.peer.wire.MembersRequest;
import io.metastore.consensus.peer.wire.PeerGrpc;
import io.netty.handler.ssl.SslContext;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/// Asks a member at its peer address who belongs to its cluster. For one that is not a member yet, or does not know
/// which.
public final class MembersCall {
    private MembersCall() {}

    /// What a member that answers knows.
    ///
    /// @param removed ids of those who were members
    /// @param applied how far it has applied the log
    public record Answer(long cluster, List<Member> members, Set<Long> removed, long applied) {}

    /// Nobody answered, or not what a member answers.
    public static final class NoAnswer extends Exception {
        private static final long serialVersionUID = 1;

        private NoAnswer(String why, Throwable cause) {
            super(why, cause);
        }
    }

    /// Blocks until the answer is there.
    ///
    /// @param tls secures connections to https addresses
    public static Answer ask(URI url, Optional<SslContext> tls, Duration limit) throws NoAnswer {
        NettyChannelBuilder builder = NettyChannelBuilder.forTarget(Hellos.target(url));
        if (url.getScheme().equalsIgnoreCase("https")) {
            if (tls.isEmpty()) {
                throw new NoAnswer("it needs certificates: set peer-cert-file and peer-key-file", null);
            }
            builder.sslContext(tls.get());
        } else {
            builder.usePlaintext();
        }
        ManagedChannel channel = builder.build();
        try {
            MembersReply reply = PeerGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)
                    .members(MembersRequest.getDefaultInstance());
            return new Answer(
                    reply.getCluster(),
                    reply.getMembersList().stream().map(MembersCall::member).toList(),
                    Set.copyOf(reply.getRemovedList()),
                    reply.getApplied());
        } catch (StatusRuntimeException failure) {
            throw new NoAnswer(Hellos.text(failure), failure);
        } finally {
            channel.shutdownNow();
        }
    }

    private static Member member(io.metastore.consensus.peer.wire.KnownMember known) {
        return new Member(
                known.getId(),
                known.getName(),
                List.copyOf(known.getPeerUrlsList()),
                List.of(),
                known.getLearner(),
                new Incarnation(known.getIncarnation(), known.getDirectory()),
                0);
    }

    static MembersReply reply(Answer answer) {
        MembersReply.Builder reply = MembersReply.newBuilder()
                .setCluster(answer.cluster())
                .addAllRemoved(answer.removed())
                .setApplied(answer.applied());
        for (Member member : answer.members()) {
            reply.addMembers(io.metastore.consensus.peer.wire.KnownMember.newBuilder()
                    .setId(member.id())
                    .setName(member.name())
                    .addAllPeerUrls(member.peerUrls())
                    .setLearner(member.learner())
                    .setIncarnation(member.incarnation().number())
                    .setDirectory(member.incarnation().directory()));
        }
        return reply.build();
    }
}
