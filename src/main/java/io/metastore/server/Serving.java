package io.metastore.server;

import io.grpc.ServerServiceDefinition;
import io.metastore.api.AuthEndpoint;
import io.metastore.api.ClusterEndpoint;
import io.metastore.api.ElectionEndpoint;
import io.metastore.api.KvEndpoint;
import io.metastore.api.LeaseEndpoint;
import io.metastore.api.LockEndpoint;
import io.metastore.api.MaintenanceEndpoint;
import io.metastore.api.MemberHeaders;
import io.metastore.api.RangeStreams;
import io.metastore.api.UnbuiltCalls;
import io.metastore.api.WatchEndpoint;
import io.metastore.cli.Versions;
import io.metastore.service.AccessControl;
import io.metastore.service.Elections;
import io.metastore.service.LeaseRights;
import io.metastore.service.Locks;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/// etcd's services over gRPC as a member serves them.
final class Serving {
    private final Member member;

    Serving(Member member) {
        this.member = member;
    }

    List<ServerServiceDefinition> services() {
        EffectiveConfig config = member.config();
        long maxRequestBytes = config.maxRequestBytes();
        MemberHeaders headers = new MemberHeaders(
                member.identity().clusterId(), member.identity().memberId(), member.consensus());
        AccessControl access = member.auth().access();
        List<ServerServiceDefinition> services = new ArrayList<>();
        services.add(new KvEndpoint(
                        member.kv(),
                        headers,
                        new RangeStreams(member.kv(), headers, maxRequestBytes, access),
                        maxRequestBytes,
                        config.maxTxnOps(),
                        member::isLearner,
                        access)
                .bindService());
        services.add(new WatchEndpoint(member.watchHub(), headers, config.maxMessageBytes(), access).bindService());
        services.add(new LeaseEndpoint(
                        member.leases(),
                        member.kv(),
                        member.replicas(),
                        headers,
                        access,
                        new LeaseRights(access, member.reading()))
                .bindService());
        services.add(new ClusterEndpoint(
                        () -> member.machine().members(),
                        member.membership(),
                        member.reading(),
                        headers,
                        Clock.systemUTC(),
                        access)
                .bindService());
        services.add(new MaintenanceEndpoint(
                        member.status(),
                        member.alarms(),
                        member.transfer(),
                        member.kv()::defragment,
                        member.reading(),
                        headers,
                        Versions.ETCD,
                        member.requests(),
                        access)
                .bindService());
        services.add(new AuthEndpoint(member.auth().service(), headers).bindService());
        services.add(new LockEndpoint(new Locks(member.kv(), member.leases(), member.watchHub(), access), headers)
                .bindService());
        services.add(
                new ElectionEndpoint(new Elections(member.kv(), member.leases(), member.watchHub(), access), headers)
                        .bindService());
        services.replaceAll(UnbuiltCalls::answeredIn);
        return services;
    }
}
