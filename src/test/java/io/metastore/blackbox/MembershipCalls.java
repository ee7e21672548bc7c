package io.metastore.blackbox;

import io.grpc.StatusRuntimeException;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.ClusterGrpc;
import io.metastore.api.etcd.etcdserverpb.MemberAddRequest;
import io.metastore.api.etcd.etcdserverpb.MemberAddResponse;
import io.metastore.api.etcd.etcdserverpb.MemberListRequest;
import io.metastore.api.etcd.etcdserverpb.MemberListResponse;
import io.metastore.api.etcd.etcdserverpb.MemberPromoteRequest;
import io.metastore.api.etcd.etcdserverpb.MemberPromoteResponse;
import io.metastore.api.etcd.etcdserverpb.MemberRemoveRequest;
import io.metastore.api.etcd.etcdserverpb.MemberRemoveResponse;
import io.metastore.api.etcd.etcdserverpb.MemberUpdateRequest;
import io.metastore.api.etcd.etcdserverpb.MemberUpdateResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// The calls that read and change who belongs to a cluster, sent to one of its members.
///
/// @param client of the member that is asked
/// @param limit  how long a call may take
public record MembershipCalls(Client client, Duration limit) {

    public static MembershipCalls through(Member member) {
        return new MembershipCalls(member.client(), Client.PATIENCE);
    }

    MembershipCalls within(Duration shorter) {
        return new MembershipCalls(client, shorter);
    }

    private ClusterGrpc.ClusterBlockingStub stub() {
        return ClusterGrpc.newBlockingStub(client.channel()).withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    MemberAddResponse addVoter(String... urls) {
        return add(false, urls);
    }

    MemberAddResponse addLearner(String... urls) {
        return add(true, urls);
    }

    private MemberAddResponse add(boolean learner, String... urls) {
        return stub().memberAdd(MemberAddRequest.newBuilder()
                .addAllPeerURLs(List.of(urls))
                .setIsLearner(learner)
                .build());
    }

    /// Adds a voter as soon as the member that is asked has been connected to the others for long enough.
    public long addVoterOnceHealthy(String url) {
        return once(Refusal.UNHEALTHY, () -> addVoter(url)).getMember().getID();
    }

    /// Like [#addVoterOnceHealthy], for a learner.
    long addLearnerOnceHealthy(String url) {
        return once(Refusal.UNHEALTHY, () -> addLearner(url)).getMember().getID();
    }

    MemberRemoveResponse remove(long id) {
        return stub().memberRemove(MemberRemoveRequest.newBuilder().setID(id).build());
    }

    /// Removes a member as soon as enough of the others are connected.
    public MemberRemoveResponse removeOnceHealthy(long id) {
        return once(Refusal.UNHEALTHY, () -> remove(id));
    }

    MemberUpdateResponse update(long id, String... urls) {
        return stub().memberUpdate(MemberUpdateRequest.newBuilder()
                .setID(id)
                .addAllPeerURLs(List.of(urls))
                .build());
    }

    MemberPromoteResponse promote(long id) {
        return stub().memberPromote(MemberPromoteRequest.newBuilder().setID(id).build());
    }

    /// Promotes a learner as soon as it is in sync.
    MemberPromoteResponse promoteOnceInSync(long id) {
        return once(Refusal.LEARNER_NOT_READY, () -> promote(id));
    }

    /// Makes a call again while it is refused in one way; any other refusal fails at once.
    private static <T> T once(Refusal passing, Supplier<T> call) {
        List<T> answers = new ArrayList<>();
        Eventually.holds("it is not refused with \"" + passing.text() + "\"", Duration.ofSeconds(60), () -> {
            try {
                return answers.add(call.get());
            } catch (StatusRuntimeException refusal) {
                if (passing.is(refusal.getStatus())) {
                    return false;
                }
                throw refusal;
            }
        });
        return answers.getFirst();
    }

    MemberListResponse list() {
        return stub().memberList(
                        MemberListRequest.newBuilder().setLinearizable(true).build());
    }

    List<Long> ids() {
        return ids(list().getMembersList());
    }

    static List<Long> ids(List<io.metastore.api.etcd.etcdserverpb.Member> members) {
        return members.stream()
                .map(io.metastore.api.etcd.etcdserverpb.Member::getID)
                .toList();
    }

    /// The entry of a member in the list.
    io.metastore.api.etcd.etcdserverpb.Member entry(long id) {
        return list().getMembersList().stream()
                .filter(member -> member.getID() == id)
                .findFirst()
                .orElseThrow(() -> new AssertionError("not in the list: " + Long.toHexString(id)));
    }

    /// What `--initial-cluster` says for a member that has been added and starts now: one part for each URL of each
    /// member. Others that have not started yet have no name, so they get one that nobody else has.
    String initialClusterFor(Member newcomer) {
        List<String> parts = new ArrayList<>();
        for (var member : list().getMembersList()) {
            for (String url : member.getPeerURLsList()) {
                String name = member.getName().isEmpty() ? "unstarted-" + member.getID() : member.getName();
                parts.add(url.equals(newcomer.peerUrl()) ? newcomer.initialCluster() : name + "=" + url);
            }
        }
        return String.join(",", parts);
    }
}
