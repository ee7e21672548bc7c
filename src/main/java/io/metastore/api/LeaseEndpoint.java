package io.metastore.api;

import io.metastore.api.etcd.etcdserverpb.LeaseGrantRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseLeasesRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseLeasesResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseRevokeRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseRevokeResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseStatus;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveResponse;
import io.metastore.api.etcd.etcdserverpb.MutinyLeaseGrpc;
import io.metastore.machine.ProtobufBytes;
import io.metastore.mvcc.Views;
import io.metastore.service.KvService;
import io.metastore.service.LeaseService;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;

/// etcd's Lease service.
public final class LeaseEndpoint extends MutinyLeaseGrpc.LeaseImplBase {
    /// LEA-30.
    private static final long GRANT_COST = 64;

    private final LeaseService leases;
    private final KvService kv;
    private final Views views;
    private final Headers headers;
    private final Responses responses;

    public LeaseEndpoint(LeaseService leases, KvService kv, Views views, Headers headers) {
        this.leases = leases;
        this.kv = kv;
        this.views = views;
        this.headers = headers;
        this.responses = new Responses(headers);
    }

    @Override
    public Uni<LeaseGrantResponse> leaseGrant(LeaseGrantRequest request) {
        if (!kv.hasRoomFor(GRANT_COST)) {
            return Answers.noSpace(kv);
        }
        return Answers.of(leases.grant(request.getID(), request.getTTL()), responses::grant);
    }

    @Override
    public Uni<LeaseRevokeResponse> leaseRevoke(LeaseRevokeRequest request) {
        return Answers.of(leases.revoke(request.getID()), responses::revoke);
    }

    /// Answers in the order of requests, each before the next is looked at (LEA-09).
    @Override
    public Multi<LeaseKeepAliveResponse> leaseKeepAlive(Multi<LeaseKeepAliveRequest> requests) {
        return requests.onItem()
                .transformToUniAndConcatenate(request -> {
                    long revision = views.state().revision();
                    return leases.keepAlive(request.getID())
                            .map(ttl -> LeaseKeepAliveResponse.newBuilder()
                                    .setHeader(headers.of(revision))
                                    .setID(request.getID())
                                    .setTTL(ttl)
                                    .build());
                })
                .onFailure()
                .transform(GrpcErrors::grpc);
    }

    @Override
    public Uni<LeaseTimeToLiveResponse> leaseTimeToLive(LeaseTimeToLiveRequest request) {
        return leases.timeToLive(request.getID(), request.getKeys())
                .map(ttl -> {
                    LeaseTimeToLiveResponse.Builder response = LeaseTimeToLiveResponse.newBuilder()
                            .setHeader(headers.of(views.state().revision()))
                            .setID(request.getID())
                            .setTTL(ttl.remainingSeconds())
                            .setGrantedTTL(ttl.grantedSeconds());
                    ttl.keys().forEach(key -> response.addKeys(ProtobufBytes.of(key)));
                    return response.build();
                })
                .onFailure()
                .transform(GrpcErrors::grpc);
    }

    @Override
    public Uni<LeaseLeasesResponse> leaseLeases(LeaseLeasesRequest request) {
        LeaseLeasesResponse.Builder response = LeaseLeasesResponse.newBuilder()
                .setHeader(headers.of(views.state().revision()));
        leases.ids().forEach(id -> response.addLeases(LeaseStatus.newBuilder().setID(id)));
        return Uni.createFrom().item(response.build());
    }
}
