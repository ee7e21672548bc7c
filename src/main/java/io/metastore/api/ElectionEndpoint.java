package io.metastore.api;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.metastore.api.etcd.v3electionpb.CampaignRequest;
import io.metastore.api.etcd.v3electionpb.CampaignResponse;
import io.metastore.api.etcd.v3electionpb.LeaderKey;
import io.metastore.api.etcd.v3electionpb.LeaderRequest;
import io.metastore.api.etcd.v3electionpb.LeaderResponse;
import io.metastore.api.etcd.v3electionpb.MutinyElectionGrpc;
import io.metastore.api.etcd.v3electionpb.ProclaimRequest;
import io.metastore.api.etcd.v3electionpb.ProclaimResponse;
import io.metastore.api.etcd.v3electionpb.ResignRequest;
import io.metastore.api.etcd.v3electionpb.ResignResponse;
import io.metastore.service.Elections;
import io.metastore.service.login.Credentials;
import io.metastore.value.Bytes;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.function.Function;

/// etcd's Election service; its errors are texts, as those of Lock.
public final class ElectionEndpoint extends MutinyElectionGrpc.ElectionImplBase {
    private final Elections elections;
    private final Headers headers;

    public ElectionEndpoint(Elections elections, Headers headers) {
        this.elections = elections;
        this.headers = headers;
    }

    @Override
    public Uni<CampaignResponse> campaign(CampaignRequest request) {
        return elections
                .as(Callers.current())
                .campaign(bytes(request.getName()), request.getLease(), bytes(request.getValue()))
                .map(elected -> CampaignResponse.newBuilder()
                        .setHeader(headers.of(elected.revision()))
                        .setLeader(LeaderKey.newBuilder()
                                .setName(request.getName())
                                .setKey(UnsafeByteOperations.unsafeWrap(
                                        elected.candidate().key().array()))
                                .setRev(elected.candidate().created())
                                .setLease(elected.candidate().lease()))
                        .build())
                .onFailure()
                .transform(GrpcErrors::asText);
    }

    @Override
    public Uni<ProclaimResponse> proclaim(ProclaimRequest request) {
        Credentials caller = Callers.current();
        return named(
                request.hasLeader(),
                request.getLeader(),
                candidate -> elections
                        .as(caller)
                        .proclaim(candidate, bytes(request.getValue()))
                        .map(revision -> ProclaimResponse.newBuilder()
                                .setHeader(headers.of(revision))
                                .build()));
    }

    @Override
    public Uni<ResignResponse> resign(ResignRequest request) {
        Credentials caller = Callers.current();
        return named(
                request.hasLeader(),
                request.getLeader(),
                candidate -> elections
                        .as(caller)
                        .resign(candidate)
                        .map(revision -> ResignResponse.newBuilder()
                                .setHeader(headers.of(revision))
                                .build()));
    }

    private static <T> Uni<T> named(boolean there, LeaderKey leader, Function<Elections.Candidate, Uni<T>> call) {
        Uni<T> answer = there
                ? call.apply(new Elections.Candidate(bytes(leader.getKey()), leader.getRev(), leader.getLease()))
                : Uni.createFrom().failure(new IllegalArgumentException("\"leader\" field must be provided"));
        return answer.onFailure().transform(GrpcErrors::asText);
    }

    @Override
    public Uni<LeaderResponse> leader(LeaderRequest request) {
        return elections
                .as(Callers.current())
                .leader(bytes(request.getName()))
                .map(this::response)
                .onFailure()
                .transform(GrpcErrors::asText);
    }

    @Override
    public Multi<LeaderResponse> observe(LeaderRequest request) {
        return elections
                .as(Callers.current())
                .observe(bytes(request.getName()))
                .map(this::response)
                .onFailure()
                .transform(GrpcErrors::asText);
    }

    private LeaderResponse response(Elections.Observed observed) {
        return LeaderResponse.newBuilder()
                .setHeader(headers.of(observed.revision()))
                .setKv(Responses.keyValue(observed.leader()))
                .build();
    }

    private static Bytes bytes(ByteString text) {
        return Bytes.wrap(text.toByteArray());
    }
}
