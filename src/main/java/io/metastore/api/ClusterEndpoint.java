package io.metastore.api;

import io.metastore.api.etcd.etcdserverpb.Member;
import io.metastore.api.etcd.etcdserverpb.MemberListRequest;
import io.metastore.api.etcd.etcdserverpb.MemberListResponse;
import io.metastore.api.etcd.etcdserverpb.MutinyClusterGrpc;
import io.metastore.cluster.Members;
import io.metastore.service.Reading;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.function.Supplier;

/// etcd's Cluster service, as far as it concerns one member: changes of the membership are UNIMPLEMENTED.
public final class ClusterEndpoint extends MutinyClusterGrpc.ClusterImplBase {
    private final Supplier<Members> members;
    private final Reading reading;
    private final Headers headers;

    public ClusterEndpoint(Supplier<Members> members, Reading reading, Headers headers) {
        this.members = members;
        this.reading = reading;
        this.headers = headers;
    }

    @Override
    public Uni<MemberListResponse> memberList(MemberListRequest request) {
        Uni<List<io.metastore.cluster.Member>> list = request.getLinearizable()
                ? reading.linearizable(_ -> members.get().all())
                : Uni.createFrom().item(members.get().all());
        return list.map(this::response).onFailure().transform(GrpcErrors::grpc);
    }

    /// Headers of this service hold no revision (GEN-12).
    private MemberListResponse response(List<io.metastore.cluster.Member> list) {
        MemberListResponse.Builder response = MemberListResponse.newBuilder().setHeader(headers.of(0));
        for (io.metastore.cluster.Member member : list) {
            response.addMembers(Member.newBuilder()
                    .setID(member.id())
                    .setName(member.name())
                    .addAllPeerURLs(member.peerUrls())
                    .addAllClientURLs(member.clientUrls())
                    .setIsLearner(member.learner()));
        }
        return response.build();
    }
}
