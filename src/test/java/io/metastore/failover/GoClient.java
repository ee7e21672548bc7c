package io.metastore.failover;

import io.grpc.Deadline;
import io.grpc.EquivalentAddressGroup;
import io.grpc.ManagedChannel;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.KVGrpc.KVBlockingStub;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Member;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;

/// A client that behaves as etcd's Go client does by default when it is given several endpoints: one connection to
/// each, calls to one after the other of those that are connected, calls wait for a connection, and those that failed
/// are made again by the rules of its `retry_interceptor.go` and `retry.go` (version 3.7.3).
final class GoClient implements AutoCloseable {
    private static final String SCHEME = "members";
    private static final int TRIES = 100;
    private static final Duration BACK_OFF = Duration.ofMillis(25);
    private static final double JITTER = 0.1;
    /// What its gRPC said long ago of a call that it could not send.
    private static final Set<String> NOT_SENT =
            Set.of("there is no address available", "there is no connection available");

    static {
        NameResolverRegistry.getDefaultRegistry().register(new Endpoints());
    }

    private final ManagedChannel channel;

    private GoClient(ManagedChannel channel) {
        this.channel = channel;
    }

    static GoClient connect(List<Member> members) {
        String endpoints = members.stream().map(Member::endpoint).collect(Collectors.joining(","));
        return new GoClient(NettyChannelBuilder.forTarget(SCHEME + ":///" + endpoints)
                .defaultLoadBalancingPolicy("round_robin")
                .usePlaintext()
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .build());
    }

    /// How often a call may be made.
    enum Rule {
        /// Reads.
        REPEATABLE,
        /// Everything that changes the store.
        AT_MOST_ONCE;

        /// True when a call that ended like this, within its limit, is made again.
        boolean allowsAnother(Status ended) {
            return switch (ended.getCode()) {
                // The limit is not over, so that a member said it.
                case DEADLINE_EXCEEDED, CANCELLED -> true;
                case UNAVAILABLE -> this == REPEATABLE || NOT_SENT.contains(String.valueOf(ended.getDescription()));
                default -> false;
            };
        }
    }

    /// Makes a call, again where the rule allows it. Fails with the error that a user of the Go client would see.
    <A> A call(Rule rule, Duration limit, Function<KVBlockingStub, A> call) {
        Deadline deadline = Deadline.after(limit.toNanos(), TimeUnit.NANOSECONDS);
        KVBlockingStub stub = KVGrpc.newBlockingStub(channel).withWaitForReady().withDeadline(deadline);
        for (int attempt = 1; ; attempt++) {
            try {
                return call.apply(stub);
            } catch (StatusRuntimeException failure) {
                Status ended = failure.getStatus();
                boolean over = deadline.isExpired() || Thread.currentThread().isInterrupted();
                if (over || attempt == TRIES || !rule.allowsAnother(ended)) {
                    throw failure;
                }
                pause();
            }
        }
    }

    /// Waits as long as the Go client does between two tries.
    static void pause() {
        double factor = 1 + JITTER * (2 * ThreadLocalRandom.current().nextDouble() - 1);
        LockSupport.parkNanos((long) (BACK_OFF.toNanos() * factor));
    }

    @Override
    public void close() {
        Client.close(channel);
    }

    /// Takes addresses from the target itself: `members:///host:port,host:port`.
    private static final class Endpoints extends NameResolverProvider {
        @Override
        public NameResolver newNameResolver(URI target, NameResolver.Args args) {
            return target.getScheme().equals(SCHEME)
                    ? new Fixed(Arrays.stream(target.getPath().substring(1).split(","))
                            .map(Endpoints::address)
                            .toList())
                    : null;
        }

        private static EquivalentAddressGroup address(String endpoint) {
            int colon = endpoint.lastIndexOf(':');
            return new EquivalentAddressGroup(new InetSocketAddress(
                    endpoint.substring(0, colon), Integer.parseInt(endpoint.substring(colon + 1))));
        }

        @Override
        public String getDefaultScheme() {
            return SCHEME;
        }

        @Override
        protected boolean isAvailable() {
            return true;
        }

        /// Lets the other schemes be the default.
        @Override
        protected int priority() {
            return 0;
        }
    }

    private static final class Fixed extends NameResolver {
        private final List<EquivalentAddressGroup> addresses;

        private Fixed(List<EquivalentAddressGroup> addresses) {
            this.addresses = addresses;
        }

        @Override
        public String getServiceAuthority() {
            return "members";
        }

        @Override
        public void start(Listener2 listener) {
            listener.onResult(ResolutionResult.newBuilder()
                    .setAddressesOrError(StatusOr.fromValue(addresses))
                    .build());
        }

        @Override
        public void shutdown() {
            // Holds nothing.
        }
    }
}
