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
import io.metastore.service.AccessControl;
import io.metastore.service.KvService;
import io.metastore.service.LeaseRights;
import io.metastore.service.LeaseService;
import io.metastore.service.login.Credentials;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.function.Supplier;

/// etcd's Lease service.
public final class LeaseEndpoint extends MutinyLeaseGrpc.LeaseImplBase {
    /// LEA-30.
    private static final long GRANT_COST = 64;

    private final LeaseService leases;
    private final KvService kv;
    private final Views views;
    private final Headers headers;
    private final Responses responses;
    private final AccessControl access;
    private final LeaseRights rights;

    public LeaseEndpoint(
            LeaseService leases, KvService kv, Views views, Headers headers, AccessControl access, LeaseRights rights) {
        this.leases = leases;
        this.kv = kv;
        this.views = views;
        this.headers = headers;
        this.responses = new Responses(headers);
        this.access = access;
        this.rights = rights;
    }

    @Override
    public Uni<LeaseGrantResponse> leaseGrant(LeaseGrantRequest request) {
        if (!kv.hasRoomFor(GRANT_COST)) {
            return Answers.noSpace(kv);
        }
        return Answers.of(
                access.known(Callers.current(), who -> leases.grant(who, request.getID(), request.getTTL())),
                responses::grant);
    }

    @Override
    public Uni<LeaseRevokeResponse> leaseRevoke(LeaseRevokeRequest request) {
        return Answers.of(
                access.known(Callers.current(), who -> leases.revoke(who, request.getID())), responses::revoke);
    }

    /// Answers in the order of requests, each before the next is looked at (LEA-09).
    @Override
    public Multi<LeaseKeepAliveResponse> leaseKeepAlive(Multi<LeaseKeepAliveRequest> requests) {
        Credentials caller = Callers.current();
        return requests.onItem()
                .transformToUniAndConcatenate(request -> {
                    long revision = views.state().revision();
                    return rights.renewing(caller, request.getID(), () -> leases.keepAlive(request.getID()))
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
        Credentials caller = Callers.current();
        Supplier<Uni<LeaseService.TimeToLive>> call = () -> leases.timeToLive(request.getID(), request.getKeys());
        Uni<LeaseService.TimeToLive> found = request.getKeys()
                ? rights.seeing(caller, () -> List.of(request.getID()), call)
                : access.known(caller, _ -> call.get());
        return found.map(ttl -> {
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
        return rights.seeing(
                        Callers.current(), leases::ids, () -> Uni.createFrom().item(listed()))
                .onFailure()
                .transform(GrpcErrors::grpc);
    }

    private LeaseLeasesResponse listed() {
        LeaseLeasesResponse.Builder response = LeaseLeasesResponse.newBuilder()
                .setHeader(headers.of(views.state().revision()));
        leases.ids().forEach(id -> response.addLeases(LeaseStatus.newBuilder().setID(id)));
        return response.build();
    }
}
