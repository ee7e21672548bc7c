package io.metastore.bench;

import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import io.metastore.client.Endpoint;
import io.metastore.client.Security;
import io.metastore.client.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.locks.LockSupport;

/// The servers of one side: one, or the members of one cluster. What they use is counted together.
final class ServerGroup implements AutoCloseable {
    private static final Duration LEADER_WITHIN = Duration.ofSeconds(30);
    private static final Duration ASK_EVERY = Duration.ofMillis(50);
    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(1);

    /// Which members of a cluster are called.
    enum Through {
        LEADER,
        ALL;

        static Through parse(String text) {
            for (Through through : values()) {
                if (through.name().toLowerCase(Locale.ROOT).equals(text)) {
                    return through;
                }
            }
            throw new UsageException("--through is '" + text + "', but must be leader or all");
        }

        /// The endpoints to call, in the order in which clients are spread over them. Those of followers come first: a
        /// lonely client then is one of a follower, as two of three are.
        List<Endpoint> of(List<Endpoint> members, int leader) {
            List<Endpoint> called = new ArrayList<>();
            if (this == ALL) {
                called.addAll(members);
                called.remove(leader);
            }
            called.add(members.get(leader));
            return called;
        }
    }

    private final Side side;
    private final List<ServerProcess> members;
    private final Through through;
    private final Security security;

    private ServerGroup(Side side, List<ServerProcess> members, Through through, Security security) {
        this.side = side;
        this.members = members;
        this.through = through;
        this.security = security;
    }

    /// Starts all members at once, on empty data directories, waits until each answers, and makes the side's users.
    ///
    /// @throws AbortedException when one ends or does not answer within a minute
    static ServerGroup start(Side side, Path program, List<ServerPlace> places, Through through) throws IOException {
        String cluster = ServerPlace.cluster(places);
        List<ServerProcess> begun = new ArrayList<>();
        try {
            for (ServerPlace place : places) {
                CompareCommand.deleteAll(place.data());
                Files.createDirectories(place.data().getParent());
                begun.add(ServerProcess.begin(side, program, place, cluster, OptionalInt.empty()));
            }
            begun.forEach(ServerProcess::awaitReady);
            return new ServerGroup(side, begun, through, users(side, begun.getFirst()));
        } catch (IOException | RuntimeException e) {
            begun.forEach(ServerProcess::close);
            throw e;
        }
    }

    private static Security users(Side side, ServerProcess server) {
        if (side.users() == 0) {
            return Security.NONE;
        }
        ManagedChannel channel = server.channel();
        try {
            return BenchUsers.fill(channel, side.users());
        } finally {
            channel.shutdownNow();
        }
    }

    /// As whom the servers are called.
    Security security() {
        return security;
    }

    Side side() {
        return side;
    }

    /// Each member's command line.
    List<List<String>> commands() {
        return members.stream().map(ServerProcess::command).toList();
    }

    /// Where calls go from now on.
    List<Endpoint> endpoints() {
        List<Endpoint> all = members.stream().map(ServerProcess::endpoint).toList();
        return members.size() == 1 ? all : through.of(all, awaitLeader());
    }

    /// Whether what was called as the leader leads still; true where there is no such thing.
    boolean stillLed(List<Endpoint> called) {
        return members.size() == 1 || members.get(awaitLeader()).endpoint().equals(called.getLast());
    }

    private int awaitLeader() {
        long deadline = System.nanoTime() + LEADER_WITHIN.toNanos();
        while (System.nanoTime() - deadline < 0 && !Thread.currentThread().isInterrupted()) {
            int leader = leader();
            if (leader >= 0) {
                return leader;
            }
            LockSupport.parkNanos(ASK_EVERY.toNanos());
        }
        throw new AbortedException("the members of " + side.name() + " did not agree on a leader within "
                + LEADER_WITHIN.toSeconds() + " s");
    }

    /// Which member all of them call their leader; -1 while they do not agree.
    private int leader() {
        List<StatusResponse> said = new ArrayList<>();
        for (ServerProcess member : members) {
            ManagedChannel channel = member.channel();
            try {
                said.add(Connections.status(
                        ClientInterceptors.intercept(
                                channel, security.caller().stream().toList()),
                        ANSWER_WITHIN));
            } catch (StatusRuntimeException busy) {
                return -1;
            } finally {
                channel.shutdownNow();
            }
        }
        return leader(said);
    }

    static int leader(List<StatusResponse> said) {
        long named = said.getFirst().getLeader();
        int leader = -1;
        for (int i = 0; i < said.size(); i++) {
            if (said.get(i).getLeader() != named) {
                return -1;
            }
            if (said.get(i).getHeader().getMemberId() == named) {
                leader = i;
            }
        }
        return named == 0 ? -1 : leader;
    }

    boolean alive() {
        return members.stream().allMatch(ServerProcess::alive);
    }

    /// What all members have used together.
    ProcessUsage usage() throws IOException {
        ProcessUsage sum = ProcessUsage.NONE;
        for (ServerProcess member : members) {
            sum = sum.plus(member.usage());
        }
        return sum;
    }

    void awaitCalm() throws IOException {
        for (ServerProcess member : members) {
            member.awaitCalm();
        }
    }

    void forgetPeak() throws IOException {
        for (ServerProcess member : members) {
            member.forgetPeak();
        }
    }

    @Override
    public void close() {
        members.forEach(ServerProcess::close);
    }
}
