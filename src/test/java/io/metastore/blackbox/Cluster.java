package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.StatusRuntimeException;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.HashKVRequest;
import io.metastore.api.etcd.etcdserverpb.StatusRequest;
import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;

/// Members that know each other, each a process with its own data folder on free loopback ports.
public final class Cluster implements AutoCloseable {
    private final MemberTarget.Program program;
    private final String peerScheme;
    private final List<String> flags;
    private final List<Member> members = new ArrayList<>();
    private int named;

    private Cluster(MemberTarget.Program program, int size, String peerScheme, List<String> flags) {
        this.program = program;
        this.peerScheme = peerScheme;
        this.flags = flags;
        for (int i = 1; i <= size; i++) {
            members.add(unstarted());
        }
        String all = members.stream().map(Member::initialCluster).collect(Collectors.joining(","));
        members.forEach(member -> member.joins(all));
    }

    /// Starts members at once and waits until each answers.
    public static Cluster start(int size, String... flags) {
        return startWith("http", size, flags);
    }

    /// Like [#start], with members that call each other at `https` addresses.
    public static Cluster startWith(String peerScheme, int size, String... flags) {
        return unstarted(size, peerScheme, flags).begun();
    }

    /// Starts members of some program, whatever the target of the run is.
    public static Cluster start(MemberTarget.Program program, int size, String... flags) {
        return new Cluster(program, size, "http", List.of(flags)).begun();
    }

    private Cluster begun() {
        try {
            members.forEach(Member::begin);
            members.forEach(Member::await);
            return this;
        } catch (RuntimeException | Error failure) {
            close();
            throw failure;
        }
    }

    /// Members with ports and folders, for a test that starts them itself.
    static Cluster unstarted(int size, String peerScheme, String... flags) {
        return switch (MemberTarget.current()) {
            case MemberTarget.External _ ->
                Assumptions.abort("needs members of its own, the target is an external one");
            case MemberTarget.Program program -> new Cluster(program, size, peerScheme, List.of(flags));
        };
    }

    private Member unstarted() {
        Path parent = Path.of(System.getProperty("java.io.tmpdir"));
        return Member.unstarted(parent, program, "m" + ++named, peerScheme, flags);
    }

    /// One more member with ports and a folder, of which the cluster does not know yet: add its [Member#peerUrl] with
    /// a call, then [#begin].
    public Member newcomer() {
        Member newcomer = unstarted();
        members.add(newcomer);
        return newcomer;
    }

    /// Starts the process of a newcomer that has been added, and does not wait.
    public void begin(Member newcomer) {
        newcomer.joinsRunning(MembershipCalls.through(leader()).initialClusterFor(newcomer));
        newcomer.begin();
    }

    /// Waits until a member that has been removed has ended, and forgets it.
    public void left(Member removed) {
        removed.endedBy(Client.PATIENCE);
        removed.close();
        members.remove(removed);
    }

    public List<Member> members() {
        return List.copyOf(members);
    }

    public Member member(int index) {
        return members.get(index);
    }

    private List<Member> alive() {
        return members.stream().filter(Member::isAlive).toList();
    }

    /// The member that all who are alive call their leader.
    public Member leader() {
        List<Member> found = new ArrayList<>();
        Eventually.holds("all agree on a leader", () -> {
            found.clear();
            agreed().ifPresent(found::add);
            return !found.isEmpty();
        });
        return found.getFirst();
    }

    private Optional<Member> agreed() {
        List<StatusResponse> all;
        try {
            all = alive().stream().map(Cluster::status).toList();
        } catch (StatusRuntimeException _) {
            // Asks again: a member may be between two leaders, or just about to listen.
            return Optional.empty();
        }
        Set<Long> named = all.stream().map(StatusResponse::getLeader).collect(Collectors.toSet());
        for (int i = 0; named.size() == 1 && i < all.size(); i++) {
            if (named.contains(all.get(i).getHeader().getMemberId())) {
                return Optional.of(alive().get(i));
            }
        }
        return Optional.empty();
    }

    public static StatusResponse status(Member member) {
        return member.client().maintenance().status(StatusRequest.getDefaultInstance());
    }

    public Member follower() {
        return others(leader()).getFirst();
    }

    public List<Member> others(Member one) {
        return alive().stream().filter(member -> member != one).toList();
    }

    /// Checks that all have the same entries up to a revision, once each has applied it.
    public void hashesAgree(long revision) {
        Set<Integer> hashes = members.stream()
                .map(member -> {
                    caughtUp(member, revision);
                    return member.client()
                            .maintenance()
                            .hashKV(HashKVRequest.newBuilder()
                                    .setRevision(revision)
                                    .build())
                            .getHash();
                })
                .collect(Collectors.toSet());
        assertEquals(1, hashes.size(), () -> "hashes at revision " + revision + ": " + hashes);
    }

    /// Waits until a member has applied a revision by itself.
    public static void caughtUp(Member member, long revision) {
        Eventually.holds(
                member.endpoint() + " has applied revision " + revision,
                () -> member.client()
                                .range(Requests.range(Requests.bytes("ready?")).setSerializable(true))
                                .getHeader()
                                .getRevision()
                        >= revision);
    }

    @Override
    public void close() {
        members.forEach(Member::close);
    }
}
