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
import java.util.concurrent.TimeUnit;

/// Asks a member at its peer address who belongs to its cluster. For one that is not a member yet, or does not know
/// which.
public final class MembersCall {
    private MembersCall() {}

    /// @param members as the member that answers knows them
    public record Answer(long cluster, List<Member> members) {}

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
        NettyChannelBuilder builder = NettyChannelBuilder.forAddress(url.getHost(), url.getPort());
        if (url.getScheme().equals("https")) {
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
                    reply.getMembersList().stream().map(MembersCall::member).toList());
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

    static MembersReply reply(long cluster, List<Member> members) {
        MembersReply.Builder reply = MembersReply.newBuilder().setCluster(cluster);
        for (Member member : members) {
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
