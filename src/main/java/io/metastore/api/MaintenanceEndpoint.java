package io.metastore.api;

import io.grpc.Status;
import io.metastore.api.etcd.etcdserverpb.AlarmMember;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest;
import io.metastore.api.etcd.etcdserverpb.AlarmResponse;
import io.metastore.api.etcd.etcdserverpb.AlarmType;
import io.metastore.api.etcd.etcdserverpb.DefragmentRequest;
import io.metastore.api.etcd.etcdserverpb.DefragmentResponse;
import io.metastore.api.etcd.etcdserverpb.DowngradeInfo;
import io.metastore.api.etcd.etcdserverpb.DowngradeRequest;
import io.metastore.api.etcd.etcdserverpb.DowngradeResponse;
import io.metastore.api.etcd.etcdserverpb.HashKVRequest;
import io.metastore.api.etcd.etcdserverpb.HashKVResponse;
import io.metastore.api.etcd.etcdserverpb.HashRequest;
import io.metastore.api.etcd.etcdserverpb.HashResponse;
import io.metastore.api.etcd.etcdserverpb.MoveLeaderRequest;
import io.metastore.api.etcd.etcdserverpb.MoveLeaderResponse;
import io.metastore.api.etcd.etcdserverpb.MutinyMaintenanceGrpc;
import io.metastore.api.etcd.etcdserverpb.StatusRequest;
import io.metastore.api.etcd.etcdserverpb.StatusResponse;
import io.metastore.cluster.Alarm;
import io.metastore.mvcc.KvHash;
import io.metastore.mvcc.RevisionUnavailable;
import io.metastore.mvcc.StateHash;
import io.metastore.service.AccessControl;
import io.metastore.service.AlarmService;
import io.metastore.service.LeaderTransfer;
import io.metastore.service.MemberStatus;
import io.metastore.service.Reading;
import io.metastore.service.RequestMetrics;
import io.metastore.service.login.Credentials;
import io.metastore.value.StoreError;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// etcd's Maintenance service. Snapshot is UNIMPLEMENTED.
public final class MaintenanceEndpoint extends MutinyMaintenanceGrpc.MaintenanceImplBase {
    private final MemberStatus member;
    private final AlarmService alarms;
    private final LeaderTransfer transfer;
    private final Supplier<Uni<Optional<StoreError>>> defragment;
    private final Reading reading;
    private final Headers headers;
    private final String version;
    private final RequestMetrics requests;
    private final AccessControl access;

    /// @param defragment gives the file system back what removed rows hold, and yields why not
    /// @param version the etcd version to report: clients choose by it what they ask for (K8S-09)
    /// @param requests told how long hashes took
    public MaintenanceEndpoint(
            MemberStatus member,
            AlarmService alarms,
            LeaderTransfer transfer,
            Supplier<Uni<Optional<StoreError>>> defragment,
            Reading reading,
            Headers headers,
            String version,
            RequestMetrics requests,
            AccessControl access) {
        this.member = member;
        this.alarms = alarms;
        this.transfer = transfer;
        this.defragment = defragment;
        this.reading = reading;
        this.headers = headers;
        this.version = version;
        this.requests = requests;
        this.access = access;
    }

    @Override
    public Uni<StatusResponse> status(StatusRequest request) {
        return access.known(Callers.current(), _ -> Uni.createFrom().item(this::status))
                .onFailure()
                .transform(GrpcErrors::grpc);
    }

    private StatusResponse status() {
        MemberStatus.Now now = member.now();
        StatusResponse.Builder response = StatusResponse.newBuilder()
                .setHeader(headers.of(now.revision()))
                .setVersion(version)
                .setStorageVersion(storageVersion())
                .setDbSize(now.allocatedBytes())
                .setDbSizeInUse(now.liveBytes())
                .setDbSizeQuota(now.quotaBytes())
                .setLeader(now.leadership().leader())
                .setRaftIndex(now.committedIndex())
                .setRaftAppliedIndex(now.appliedIndex())
                .setRaftTerm(now.leadership().term())
                .setIsLearner(now.learner())
                .setDowngradeInfo(DowngradeInfo.getDefaultInstance());
        if (now.leadership().leader() == 0) {
            response.addErrors("etcdserver: no leader");
        }
        now.alarms().forEach(alarm -> response.addErrors(text(alarm)));
        return response.build();
    }

    /// Major and minor of the version, with a patch level of 0 (MNT-05).
    private String storageVersion() {
        return version.substring(0, version.lastIndexOf('.')) + ".0";
    }

    /// An alarm in the text form of protobuf (MNT-04).
    private static String text(Alarm alarm) {
        return "memberID:" + Long.toUnsignedString(alarm.memberId()) + " alarm:" + type(alarm.type());
    }

    /// Its answer has no header (GEN-11).
    @Override
    public Uni<MoveLeaderResponse> moveLeader(MoveLeaderRequest request) {
        return unlessRefused(() -> transfer.to(request.getTargetID()), MoveLeaderResponse.getDefaultInstance());
    }

    /// Nothing waits for it but its caller (MNT-07). Its answer has no header (GEN-11).
    @Override
    public Uni<DefragmentResponse> defragment(DefragmentRequest request) {
        return unlessRefused(defragment, DefragmentResponse.getDefaultInstance());
    }

    private <T> Uni<T> unlessRefused(Supplier<Uni<Optional<StoreError>>> work, T answer) {
        return access.administering(Callers.current(), work)
                .map(refused -> {
                    if (refused.isPresent()) {
                        throw new RefusedRequest(refused.get());
                    }
                    return answer;
                })
                .onFailure()
                .transform(GrpcErrors::grpc);
    }

    @Override
    public Uni<AlarmResponse> alarm(AlarmRequest request) {
        Credentials caller = Callers.current();
        Uni<List<Alarm>> listed = switch (request.getAction()) {
            case GET -> access.known(caller, _ -> alarms.raised()).map(raised -> ofType(raised, request.getAlarm()));
            case ACTIVATE -> access.administering(caller, () -> change(true, request));
            case DEACTIVATE -> access.administering(caller, () -> change(false, request));
            case UNRECOGNIZED ->
                access.administering(caller, () -> Uni.createFrom().item(List.of()));
        };
        return listed.map(this::response).onFailure().transform(GrpcErrors::grpc);
    }

    private static List<Alarm> ofType(List<Alarm> raised, AlarmType type) {
        return raised.stream()
                .filter(alarm -> type == AlarmType.NONE || type(alarm.type()) == type)
                .toList();
    }

    /// Acts on exactly the alarm that is named; NONE names none (ALM-09).
    private Uni<List<Alarm>> change(boolean raise, AlarmRequest request) {
        Alarm.Type type = switch (request.getAlarm()) {
            case NOSPACE -> Alarm.Type.NO_SPACE;
            case CORRUPT -> Alarm.Type.CORRUPT;
            case NONE, UNRECOGNIZED -> null;
        };
        if (type == null) {
            return Uni.createFrom().item(List.of());
        }
        return Answers.of(
                alarms.change(raise, named(raise, new Alarm(request.getMemberID(), type))), result -> result.changed());
    }

    /// The alarm that a client means: one that is raised under the same name when there is none of exactly this type.
    private Alarm named(boolean raise, Alarm alarm) {
        List<Alarm> raised = member.now().alarms();
        return raise || raised.contains(alarm)
                ? alarm
                : raised.stream()
                        .filter(other ->
                                other.memberId() == alarm.memberId() && type(other.type()) == type(alarm.type()))
                        .findFirst()
                        .orElse(alarm);
    }

    private AlarmResponse response(List<Alarm> listed) {
        AlarmResponse.Builder response =
                AlarmResponse.newBuilder().setHeader(headers.of(member.now().revision()));
        for (Alarm alarm : listed) {
            response.addAlarms(
                    AlarmMember.newBuilder().setMemberID(alarm.memberId()).setAlarm(type(alarm.type())));
        }
        return response.build();
    }

    private static AlarmType type(Alarm.Type type) {
        return switch (type) {
            case NO_SPACE -> AlarmType.NOSPACE;
            case CORRUPT, DIVERGED -> AlarmType.CORRUPT;
        };
    }

    @Override
    public Uni<HashResponse> hash(HashRequest request) {
        return access.administering(
                        Callers.current(),
                        () -> reading.local(view -> {
                            long started = System.nanoTime();
                            int hash = StateHash.of(view.reads());
                            requests.stateHashes().record(System.nanoTime() - started);
                            return HashResponse.newBuilder()
                                    .setHeader(headers.of(view.revision()))
                                    .setHash(hash)
                                    .build();
                        }))
                .onFailure()
                .transform(GrpcErrors::grpc);
    }

    /// Formats of MetaStore do not follow etcd's versions: what may be downgraded to is said as etcd says it, and there
    /// is nothing to be done for it.
    @Override
    public Uni<DowngradeResponse> downgrade(DowngradeRequest request) {
        return access.administering(Callers.current(), () -> Uni.createFrom().item(() -> downgraded(request)))
                .onFailure()
                .transform(GrpcErrors::grpc);
    }

    private DowngradeResponse downgraded(DowngradeRequest request) {
        switch (request.getAction()) {
            case VALIDATE -> Downgrades.check(request.getVersion(), storageVersion());
            case ENABLE -> {
                Downgrades.check(request.getVersion(), storageVersion());
                throw Status.UNIMPLEMENTED
                        .withDescription("metastore: enabling a downgrade is not built yet: there is one version of"
                                + " the data only, which every build so far reads")
                        .asRuntimeException();
            }
            case CANCEL -> {
                // There is none (MNT-23).
            }
            case UNRECOGNIZED -> throw new IllegalArgumentException("etcdserver: unknown method");
        }
        return DowngradeResponse.newBuilder()
                .setHeader(headers.of(member.now().revision()))
                .setVersion(Downgrades.shortened(storageVersion()))
                .build();
    }

    @Override
    public Uni<HashKVResponse> hashKV(HashKVRequest request) {
        return access.administering(Callers.current(), () -> hash(request.getRevision()))
                .onFailure()
                .transform(GrpcErrors::grpc);
    }

    private Uni<HashKVResponse> hash(long revision) {
        return reading.local(view -> {
            long started = System.nanoTime();
            try {
                KvHash hash = KvHash.of(view, revision);
                requests.hashes().record(System.nanoTime() - started);
                return HashKVResponse.newBuilder()
                        .setHeader(headers.of(hash.current()))
                        .setHash(hash.hash())
                        .setCompactRevision(hash.compactRevision())
                        .setHashRevision(hash.revision())
                        .build();
            } catch (RevisionUnavailable e) {
                throw new RefusedRequest(e.error());
            }
        });
    }
}
