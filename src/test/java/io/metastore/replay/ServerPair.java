package io.metastore.replay;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.metastore.api.etcd.etcdserverpb.AlarmMember;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest.AlarmAction;
import io.metastore.api.etcd.etcdserverpb.LeaseLeasesRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseRevokeRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseStatus;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Member;
import io.metastore.blackbox.MemberTarget;
import io.metastore.blackbox.Refusal;
import io.metastore.blackbox.Requests;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// An etcd and a MetaStore, both alone and empty at first.
///
/// Their data lies in memory where the system has a folder for that, and etcd does not wait for its disk
/// (`--unsafe-no-fsync`): what is compared here does not depend on it.
record ServerPair(Member etcd, Member metaStore) implements AutoCloseable {
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final int MOST_APART = 10_000;

    static ServerPair start(MemberTarget.Program etcd, MemberTarget.Program metaStore) {
        Path parent = Files.isWritable(MEMORY) ? MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
        var slower = CompletableFuture.supplyAsync(() -> Member.startIn(parent, metaStore, List.of()));
        try {
            Member first = Member.startIn(parent, etcd, List.of("--unsafe-no-fsync", "--log-level=error"));
            first.client().awaitStorageVersion("3.7.0");
            return new ServerPair(first, slower.join());
        } catch (RuntimeException e) {
            slower.thenAccept(Member::close);
            throw e;
        }
    }

    /// A player on the pair as it was started: empty, at revision 1.
    HistoryPlayer fresh(Tally tally) {
        return fresh(tally, Side.Way.GRPC, Side.Way.GRPC);
    }

    HistoryPlayer fresh(Tally tally, Side.Way toEtcd, Side.Way toMetaStore) {
        return new HistoryPlayer(new Side(etcd, toEtcd), new Side(metaStore, toMetaStore), tally, 1, 0);
    }

    /// A player on the pair emptied: no keys, leases and alarms, and nothing readable below the newest revision,
    /// which is the same on both. Null when the two cannot be brought to that any more.
    HistoryPlayer wiped(Tally tally) {
        long one = emptied(etcd.client());
        long other = emptied(metaStore.client());
        if (Math.abs(one - other) > MOST_APART) {
            return null;
        }
        long revision = Math.max(one, other) + 2;
        if (level(etcd.client(), revision) != level(metaStore.client(), revision)) {
            return null;
        }
        return new HistoryPlayer(
                new Side(etcd, Side.Way.GRPC), new Side(metaStore, Side.Way.GRPC), tally, revision, revision);
    }

    private static long emptied(Client client) {
        for (AlarmMember alarm :
                client.maintenance().alarm(AlarmRequest.getDefaultInstance()).getAlarmsList()) {
            var ignored = client.maintenance()
                    .alarm(AlarmRequest.newBuilder()
                            .setAction(AlarmAction.DEACTIVATE)
                            .setMemberID(alarm.getMemberID())
                            .setAlarmValue(alarm.getAlarmValue())
                            .build());
        }
        for (LeaseStatus lease : client.lease()
                .leaseLeases(LeaseLeasesRequest.getDefaultInstance())
                .getLeasesList()) {
            var ignored = client.lease()
                    .leaseRevoke(
                            LeaseRevokeRequest.newBuilder().setID(lease.getID()).build());
        }
        return deleteAll(client);
    }

    private static long deleteAll(Client client) {
        return client.kv()
                .deleteRange(
                        Requests.delete(Requests.FROM_KEY, Requests.FROM_KEY).build())
                .getHeader()
                .getRevision();
    }

    /// Brings an empty store to a revision and compacts it there.
    private static long level(Client client, long revision) {
        ByteString key = Requests.bytes("level");
        for (long at = client.revision(); at < revision - 1; ) {
            at = client.putRevision(key, "");
        }
        long reached = deleteAll(client);
        try {
            var ignored = client.kv().compact(Requests.physicalCompaction(reached));
        } catch (StatusRuntimeException refusal) {
            if (!Refusal.COMPACTED.text().equals(refusal.getStatus().getDescription())) {
                throw refusal;
            }
        }
        return reached;
    }

    @Override
    public void close() {
        etcd.close();
        metaStore.close();
    }
}
