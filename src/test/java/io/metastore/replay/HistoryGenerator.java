package io.metastore.replay;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest.AlarmAction;
import io.metastore.api.etcd.etcdserverpb.AlarmType;
import io.metastore.api.etcd.etcdserverpb.CompactionRequest;
import io.metastore.api.etcd.etcdserverpb.HashKVRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseLeasesRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseRevokeRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.StatusRequest;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import java.util.ArrayList;
import java.util.List;

/// Makes random histories: the same seed and length always give the same one.
final class HistoryGenerator {
    /// What histories leave out, and why.
    static final List<String> AVOIDED = List.of(
            "HashKV at compaction points: etcd keeps their hashes, MetaStore does not (MNT-13, an exception)",
            "a transaction that deletes from a key on and puts with ignore_value or ignore_lease: it can end"
                    + " etcd 3.7.3",
            "an Alarm call with an unknown action, whose reply is not to be relied on (ALM-11, an exception), or"
                    + " with an unknown type: etcd keeps it, MetaStore ignores it",
            "leases that expire by themselves: when is a matter of timing (LEA-25)",
            "leases with drawn ids on keys: HashKV covers the id, and the two servers draw different ones",
            "RangeStream with order NONE and a target: etcd repeats and loses pairs (RST-04)",
            "watchers whose history is compacted while they read it, and a compaction before their events have"
                    + " arrived: what they see of it is a matter of timing (WAT-12, WAT-17)",
            "watch id -1: it is what refusals and progress answers carry",
            "services that MetaStore does not have yet: Auth, Lock, Election, Cluster's changes, Snapshot, Defragment,"
                    + " Hash, Downgrade, MoveLeader");

    private static final int CALLS = 3;

    /// Steps between two restarts, on average.
    private static final int RESTART_EVERY = 1000;

    private static final ByteString ZERO = ByteString.copyFrom(new byte[1]);

    private final Dice dice;
    private final KvRequests kv;
    private final List<ReplayStep> steps = new ArrayList<>();
    /// Steps left until the alarm is lifted, 0 when there is none.
    private int alarmed;

    private AlarmRequest lift = AlarmRequest.getDefaultInstance();

    HistoryGenerator(long seed) {
        dice = new Dice(seed);
        kv = new KvRequests(dice);
    }

    List<ReplayStep> steps(int count) {
        while (steps.size() < count - 6) {
            step();
            if (alarmed > 0 && --alarmed == 0) {
                add(Api.ALARM, lift);
            }
        }
        add(Api.ALARM, lift);
        steps.add(new ReplayStep.Sync());
        add(Api.ALARM, AlarmRequest.getDefaultInstance());
        add(Api.LEASES, LeaseLeasesRequest.getDefaultInstance());
        add(Api.RANGE, RangeRequest.newBuilder().setKey(ZERO).setRangeEnd(ZERO).build());
        add(Api.HASH_KV, HashKVRequest.getDefaultInstance());
        return steps;
    }

    private void step() {
        if (dice.oneIn(RESTART_EVERY)) {
            restart();
        }
        int kind = dice.below(1000);
        if (kind < 320) {
            add(Api.PUT, kv.put(dice.key()));
        } else if (kind < 380) {
            add(Api.DELETE_RANGE, kv.delete());
        } else if (kind < 560) {
            add(Api.TXN, kv.txn());
        } else if (kind < 760) {
            add(Api.RANGE, kv.range());
        } else if (kind < 800) {
            steps.add(new ReplayStep.Stream(kv.streamed()));
        } else if (kind < 900) {
            lease(kind - 800);
        } else if (kind < 970) {
            watch(kind - 900);
        } else if (kind < 980) {
            compact();
        } else if (kind < 992) {
            add(
                    Api.HASH_KV,
                    HashKVRequest.newBuilder()
                            .setRevision(dice.chance(40) ? 0 : dice.revision())
                            .build());
        } else {
            maintenance(kind - 992);
        }
    }

    private void lease(int kind) {
        if (kind < 40) {
            LeaseGrantRequest.Builder grant = LeaseGrantRequest.newBuilder();
            if (dice.chance(80)) {
                grant.setID(dice.lease());
            }
            add(Api.GRANT, grant.setTTL(ttl()).build());
        } else if (kind < 62) {
            add(
                    Api.REVOKE,
                    LeaseRevokeRequest.newBuilder().setID(dice.anyLease()).build());
        } else if (kind < 77) {
            add(
                    Api.TIME_TO_LIVE,
                    LeaseTimeToLiveRequest.newBuilder()
                            .setID(dice.anyLease())
                            .setKeys(dice.chance(60))
                            .build());
        } else if (kind < 93) {
            steps.add(new ReplayStep.KeepAlive(
                    LeaseKeepAliveRequest.newBuilder().setID(dice.anyLease()).build()));
        } else {
            add(Api.LEASES, LeaseLeasesRequest.getDefaultInstance());
        }
    }

    private long ttl() {
        return switch (dice.below(40)) {
            case 0 -> -5;
            case 1 -> 0;
            case 2 -> 9_000_000_000L;
            case 3 -> 9_000_000_001L;
            case 4 -> Long.MAX_VALUE;
            default -> 600 + dice.below(10_000);
        };
    }

    private void watch(int kind) {
        int call = dice.below(CALLS);
        if (kind < 25) {
            steps.add(new ReplayStep.Create(call, watcher()));
        } else if (kind < 40) {
            steps.add(new ReplayStep.Cancel(call, dice.oneIn(10) ? 77 : dice.below(8)));
        } else if (kind < 42) {
            steps.add(new ReplayStep.Close(call));
        } else if (kind < 62) {
            steps.add(new ReplayStep.Sync());
        } else {
            add(Api.PUT, kv.put(dice.key()));
        }
    }

    private WatchCreateRequest watcher() {
        ByteString key = dice.chance(25) ? ZERO : dice.key();
        WatchCreateRequest.Builder watcher = WatchCreateRequest.newBuilder()
                .setKey(key)
                .setRangeEnd(key.equals(ZERO) && dice.chance(80) ? ZERO : dice.end(key))
                .setPrevKv(dice.chance(50))
                .setFragment(dice.chance(30))
                .setProgressNotify(dice.chance(20));
        if (dice.chance(45)) {
            watcher.setStartRevision(start());
        }
        if (dice.chance(30)) {
            watcher.setWatchId(dice.oneIn(5) ? -5 : 1 + dice.below(7));
        }
        if (dice.chance(30)) {
            watcher.addFiltersValue(dice.oneIn(8) ? 7 : dice.below(2));
        }
        return watcher.build();
    }

    /// In the future, where history begins (WAT-11), or anywhere.
    private long start() {
        if (dice.oneIn(6)) {
            return Symbol.LATEST.plus(dice.oneIn(6) ? 1_000_000 : 1 + dice.below(8));
        }
        return dice.oneIn(4) ? Symbol.COMPACTED.plus(0) : dice.revision();
    }

    /// A server that has just started knows nothing but its disk: the first watchers read history from there.
    private void restart() {
        if (dice.chance(60)) {
            add(Api.DELETE_RANGE, kv.delete());
            add(
                    Api.COMPACT,
                    CompactionRequest.newBuilder()
                            .setRevision(Symbol.LATEST.plus(0))
                            .setPhysical(true)
                            .build());
        }
        steps.add(new ReplayStep.Restart());
        for (int i = 0; i < CALLS; i++) {
            long from = dice.chance(60) ? Symbol.COMPACTED.plus(0) : dice.revision();
            steps.add(new ReplayStep.Create(
                    i, watcher().toBuilder().setStartRevision(from).build()));
        }
        steps.add(new ReplayStep.Sync());
    }

    /// Now and then exactly at a delete, with somebody who watches from there (CMP-08, WAT-11).
    private void compact() {
        if (!dice.oneIn(4)) {
            add(Api.COMPACT, compaction());
            return;
        }
        add(Api.DELETE_RANGE, kv.delete());
        add(
                Api.COMPACT,
                CompactionRequest.newBuilder()
                        .setRevision(Symbol.LATEST.plus(0))
                        .setPhysical(dice.chance(70))
                        .build());
        WatchCreateRequest watcher = watcher().toBuilder()
                .setKey(ZERO)
                .setRangeEnd(ZERO)
                .setStartRevision(Symbol.COMPACTED.plus(0))
                .build();
        steps.add(new ReplayStep.Create(dice.below(CALLS), watcher));
    }

    private CompactionRequest compaction() {
        long revision = dice.chance(70) ? Symbol.BETWEEN.plus(dice.below(1001)) : dice.revision();
        return CompactionRequest.newBuilder()
                .setRevision(revision)
                .setPhysical(dice.chance(50))
                .build();
    }

    private void maintenance(int kind) {
        if (kind < 2) {
            add(Api.STATUS, StatusRequest.getDefaultInstance());
        } else if (kind < 5) {
            add(Api.ALARM, alarm(AlarmAction.GET, dice.chance(50) ? 0 : dice.below(3)));
        } else if (kind < 6) {
            add(Api.ALARM, alarm(AlarmAction.DEACTIVATE, dice.below(3)));
        } else if (alarmed == 0) {
            AlarmRequest raise = alarm(AlarmAction.ACTIVATE, dice.oneIn(10) ? 0 : 1 + dice.below(2));
            add(Api.ALARM, raise);
            lift = raise.toBuilder().setAction(AlarmAction.DEACTIVATE).build();
            alarmed = 3 + dice.below(15);
        }
    }

    private AlarmRequest alarm(AlarmAction action, int type) {
        return AlarmRequest.newBuilder()
                .setAction(action)
                .setMemberID(dice.chance(70) ? Symbol.OWN_MEMBER.plus(0) : 40 + dice.below(2))
                .setAlarm(AlarmType.forNumber(type))
                .build();
    }

    private void add(Api api, Message request) {
        steps.add(new ReplayStep.Unary(api, request));
    }
}
