package io.metastore.api;

import io.metastore.api.etcd.etcdserverpb.Member;
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
import io.metastore.api.etcd.etcdserverpb.MutinyClusterGrpc;
import io.metastore.api.etcd.etcdserverpb.ResponseHeader;
import io.metastore.cluster.Members;
import io.metastore.machine.Outcome;
import io.metastore.machine.Result;
import io.metastore.service.AccessControl;
import io.metastore.service.Membership;
import io.metastore.service.Reading;
import io.metastore.service.login.Credentials;
import io.metastore.value.StoreError;
import io.smallrye.mutiny.Uni;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/// etcd's Cluster service. Headers of this service hold no revision (GEN-12).
public final class ClusterEndpoint extends MutinyClusterGrpc.ClusterImplBase {
    private static final Set<String> SCHEMES = Set.of("http", "https", "unix", "unixs");

    private final Supplier<Members> members;
    private final Membership membership;
    private final Reading reading;
    private final Headers headers;
    private final Clock clock;
    private final AccessControl access;

    public ClusterEndpoint(
            Supplier<Members> members,
            Membership membership,
            Reading reading,
            Headers headers,
            Clock clock,
            AccessControl access) {
        this.members = members;
        this.membership = membership;
        this.reading = reading;
        this.headers = headers;
        this.clock = clock;
        this.access = access;
    }

    @Override
    public Uni<MemberListResponse> memberList(MemberListRequest request) {
        Credentials caller = Callers.current();
        Uni<List<io.metastore.cluster.Member>> list = request.getLinearizable()
                ? reading.linearizable(_ -> members.get().all())
                : Uni.createFrom().item(() -> members.get().all());
        return list.call(_ -> access.known(caller, _ -> Uni.createFrom().voidItem()))
                .map(found -> MemberListResponse.newBuilder()
                        .setHeader(headers.of(0))
                        .addAllMembers(texts(found))
                        .build())
                .onFailure()
                .transform(GrpcErrors::grpc);
    }

    @Override
    public Uni<MemberAddResponse> memberAdd(MemberAddRequest request) {
        if (!areAddresses(request.getPeerURLsList())) {
            return Uni.createFrom()
                    .failure(GrpcErrors.status(StoreError.BAD_MEMBER_URLS).asRuntimeException());
        }
        List<String> urls = request.getPeerURLsList().stream().sorted().toList();
        long id = Membership.idOf(urls, clock.instant());
        return answer(
                () -> membership.add(id, urls, request.getIsLearner()),
                (header, all) -> MemberAddResponse.newBuilder()
                        .setHeader(header)
                        .setMember(Member.newBuilder()
                                .setID(id)
                                .addAllPeerURLs(urls)
                                .setIsLearner(request.getIsLearner()))
                        .addAllMembers(all)
                        .build());
    }

    /// As etcd does it (CLU-04): at least one address, each with a scheme, a host and a port and nothing behind them.
    private static boolean areAddresses(List<String> urls) {
        return !urls.isEmpty() && urls.stream().allMatch(ClusterEndpoint::isAddress);
    }

    private static boolean isAddress(String text) {
        try {
            URI url = new URI(text);
            return SCHEMES.contains(String.valueOf(url.getScheme()))
                    && url.getHost() != null
                    && url.getPort() >= 0
                    && String.valueOf(url.getRawPath()).isEmpty();
        } catch (URISyntaxException _) {
            return false;
        }
    }

    @Override
    public Uni<MemberRemoveResponse> memberRemove(MemberRemoveRequest request) {
        return answer(
                () -> membership.remove(request.getID()),
                (header, all) -> MemberRemoveResponse.newBuilder()
                        .setHeader(header)
                        .addAllMembers(all)
                        .build());
    }

    @Override
    public Uni<MemberUpdateResponse> memberUpdate(MemberUpdateRequest request) {
        return answer(
                () -> membership.update(request.getID(), List.copyOf(request.getPeerURLsList())),
                (header, all) -> MemberUpdateResponse.newBuilder()
                        .setHeader(header)
                        .addAllMembers(all)
                        .build());
    }

    @Override
    public Uni<MemberPromoteResponse> memberPromote(MemberPromoteRequest request) {
        return answer(
                () -> membership.promote(request.getID()),
                (header, all) -> MemberPromoteResponse.newBuilder()
                        .setHeader(header)
                        .addAllMembers(all)
                        .build());
    }

    private <A> Uni<A> answer(
            Supplier<Uni<Outcome<Result.ChangeMembers>>> change, BiFunction<ResponseHeader, List<Member>, A> response) {
        return access.administering(Callers.current(), change)
                .map(outcome -> switch (outcome) {
                    case Outcome.Done<Result.ChangeMembers>(Result.ChangeMembers changed) ->
                        response.apply(headers.of(0), texts(changed.members()));
                    case Outcome.Refused<Result.ChangeMembers>(StoreError error) ->
                        throw GrpcErrors.status(error).asRuntimeException();
                })
                .onFailure()
                .transform(GrpcErrors::grpc);
    }

    private static List<Member> texts(List<io.metastore.cluster.Member> list) {
        return list.stream()
                .map(member -> Member.newBuilder()
                        .setID(member.id())
                        .setName(member.name())
                        .addAllPeerURLs(member.peerUrls())
                        .addAllClientURLs(member.clientUrls())
                        .setIsLearner(member.learner())
                        .build())
                .toList();
    }
}
