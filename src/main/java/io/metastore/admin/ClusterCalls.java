package io.metastore.admin;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.metastore.api.etcd.etcdserverpb.AlarmMember;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest;
import io.metastore.api.etcd.etcdserverpb.AuthGrpc;
import io.metastore.api.etcd.etcdserverpb.AuthenticateRequest;
import io.metastore.api.etcd.etcdserverpb.ClusterGrpc;
import io.metastore.api.etcd.etcdserverpb.ClusterGrpc.ClusterBlockingStub;
import io.metastore.api.etcd.etcdserverpb.MaintenanceGrpc;
import io.metastore.api.etcd.etcdserverpb.Member;
import io.metastore.api.etcd.etcdserverpb.MemberAddRequest;
import io.metastore.api.etcd.etcdserverpb.MemberListRequest;
import io.metastore.api.etcd.etcdserverpb.MemberPromoteRequest;
import io.metastore.api.etcd.etcdserverpb.MemberRemoveRequest;
import io.metastore.api.etcd.etcdserverpb.StatusRequest;
import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import io.metastore.client.Endpoint;
import io.metastore.client.Security;
import io.metastore.client.UsageException;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/// Calls to the members of one cluster. Those for the cluster as a whole go to the first of the known endpoints
/// that answers; one that is down is passed over.
///
/// Belongs to one thread.
public final class ClusterCalls implements AutoCloseable {
    private final List<Endpoint> asked;
    private final Duration limit;
    private final Map<Endpoint, ManagedChannel> channels = new HashMap<>();
    private final EventLoopGroup loop = new NioEventLoopGroup(1, new DefaultThreadFactory("cluster-calls", true));
    private Security security;

    /// @param asked where to begin, at least one
    /// @param limit of each call
    public ClusterCalls(List<Endpoint> asked, Security security, Duration limit) {
        this.asked = new ArrayList<>(asked);
        this.security = security;
        this.limit = limit;
    }

    /// A call that came to nothing everywhere.
    public static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final Status.Code code;

        Failed(String message, Status.Code code) {
            super(message, null, false, false);
            this.code = code;
        }

        /// What the last one that was asked answered with.
        Status.Code code() {
            return code;
        }
    }

    /// Calls as this user from now on.
    ///
    /// @throws Failed when nobody lets the user in
    public void logIn(String user, String password) {
        String token = anywhere(channel -> AuthGrpc.newBlockingStub(channel)
                .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)
                .authenticate(AuthenticateRequest.newBuilder()
                        .setName(user)
                        .setPassword(password)
                        .build())
                .getToken());
        hangUp();
        security = security.withToken(token);
    }

    /// Asks `better` before the others from now on, and `not` no more.
    void prefer(List<Endpoint> better, List<Endpoint> not) {
        List<Endpoint> next = new ArrayList<>(better);
        asked.stream().filter(endpoint -> !next.contains(endpoint)).forEach(next::add);
        next.removeAll(not);
        if (!next.isEmpty()) {
            asked.clear();
            asked.addAll(next);
        }
    }

    private ManagedChannel channel(Endpoint endpoint) {
        return channels.computeIfAbsent(endpoint, _ -> {
            Optional<SslContext> tls = security.context(endpoint.tls());
            NettyChannelBuilder builder = NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port())
                    .eventLoopGroup(loop)
                    .channelType(NioSocketChannel.class)
                    .disableRetry()
                    // A member is reached as it says, not through the proxy of web pages.
                    .proxyDetector(_ -> null);
            tls.ifPresentOrElse(builder::sslContext, builder::usePlaintext);
            security.caller().ifPresent(builder::intercept);
            return builder.build();
        });
    }

    /// Calls the first that answers. What is refused is refused by all.
    private <T> T anywhere(Function<ManagedChannel, T> call) {
        List<String> failures = new ArrayList<>();
        Status.Code last = Status.Code.UNAVAILABLE;
        for (Endpoint endpoint : asked) {
            try {
                return call.apply(channel(endpoint));
            } catch (StatusRuntimeException failure) {
                last = failure.getStatus().getCode();
                failures.add(endpoint + ": " + text(failure));
                if (last != Status.Code.UNAVAILABLE && last != Status.Code.DEADLINE_EXCEEDED) {
                    break;
                }
            }
        }
        throw new Failed(String.join("; ", failures), last);
    }

    /// What went wrong, short enough for a line.
    static String text(StatusRuntimeException failure) {
        Status status = failure.getStatus();
        Throwable cause = status.getCause();
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        String said = cause != null && cause.getMessage() != null ? cause.getMessage() : status.getDescription();
        return switch (status.getCode()) {
            case DEADLINE_EXCEEDED -> "no answer in time";
            default -> said == null ? status.getCode().toString() : said;
        };
    }

    private ClusterBlockingStub cluster(ManagedChannel channel) {
        return ClusterGrpc.newBlockingStub(channel).withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// Who belongs to the cluster.
    ///
    /// @param agreed by a majority now; else as the member that answers knows it
    List<Member> members(boolean agreed) {
        return anywhere(channel -> cluster(channel)
                .memberList(
                        MemberListRequest.newBuilder().setLinearizable(agreed).build())
                .getMembersList());
    }

    void remove(long id) {
        var _ = anywhere(channel -> cluster(channel)
                .memberRemove(MemberRemoveRequest.newBuilder().setID(id).build()));
    }

    Member addLearner(List<String> peerUrls) {
        return anywhere(channel -> cluster(channel)
                .memberAdd(MemberAddRequest.newBuilder()
                        .addAllPeerURLs(peerUrls)
                        .setIsLearner(true)
                        .build())
                .getMember());
    }

    void promote(long id) {
        var _ = anywhere(channel -> cluster(channel)
                .memberPromote(MemberPromoteRequest.newBuilder().setID(id).build()));
    }

    List<AlarmMember> alarms() {
        return anywhere(channel -> MaintenanceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)
                .alarm(AlarmRequest.getDefaultInstance())
                .getAlarmsList());
    }

    /// How a member says it is, by any of the addresses that it has for clients.
    ///
    /// @param answer empty when none answers
    /// @param where  the address that answered, else the first
    /// @param why    why none answers
    record Answer(Optional<StatusResponse> answer, String where, String why) {}

    Answer status(Member member) {
        String why = "it has told nobody yet where it is";
        for (String url : member.getClientURLsList()) {
            try {
                StatusResponse response = MaintenanceGrpc.newBlockingStub(
                                channel(Endpoint.parse(url).getFirst()))
                        .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)
                        .status(StatusRequest.getDefaultInstance());
                return new Answer(Optional.of(response), url, "");
            } catch (StatusRuntimeException failure) {
                why = text(failure);
            } catch (UsageException unknown) {
                why = unknown.getMessage();
            }
        }
        return new Answer(
                Optional.empty(),
                member.getClientURLsList().stream().findFirst().orElse("-"),
                why);
    }

    private void hangUp() {
        channels.values().forEach(ManagedChannel::shutdownNow);
        channels.clear();
    }

    @Override
    public void close() {
        hangUp();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
}
