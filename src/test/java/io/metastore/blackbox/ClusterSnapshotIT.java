package io.metastore.blackbox;

import static io.metastore.blackbox.WatchCall.all;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.PutResponse;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.mvccpb.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// Watchers of a member that jumps forward by the state of its leader.
@BlackBox
class ClusterSnapshotIT {
    private static final int WRITES = 2_000;
    private static final int AT_ONCE = 100;
    private static final String VALUE = "v".repeat(8 << 10);

    /// What a member says when the state of the leader has become its own.
    private static final String INSTALLED =
            MemberTarget.isEtcd() ? "applied snapshot" : "a snapshot has taken the state from index";

    private static final String[] FEW_ENTRIES = MemberTarget.isEtcd()
            ? new String[] {"--snapshot-count=500", "--snapshot-catchup-entries=10"}
            : new String[] {"--snapshot-count=500", "--metastore.snapshot.follower-log-bytes=0"};

    @Test
    @Statement({"WAT-40", "WAT-41"})
    void losesAndRepeatsNoEventWhenItJumps() throws Exception {
        try (Cluster cluster = Cluster.start(3, FEW_ENTRIES)) {
            Keys keys = Keys.fresh();
            Member late = cluster.follower();
            Client leader = cluster.leader().client();
            long first = leader.putRevision(keys.key("first"), "1");
            Cluster.caughtUp(late, first);
            long future = first + WRITES / 2;
            try (WatchCall watch = WatchCall.open(late.client())) {
                long synced = watch.create(all(keys, 0)).getWatchId();
                long fromStart = watch.create(all(keys, first)).getWatchId();
                assertEquals(1, watch.events(1).size());
                long waiting = watch.create(all(keys, future)).getWatchId();
                int shown = late.log().length();
                late.pause();
                long last;
                try {
                    last = write(leader, keys);
                } finally {
                    late.resume();
                }
                Map<Long, List<Long>> seen = new HashMap<>();
                while (seen.values().stream()
                                .filter(each -> each.contains(last))
                                .count()
                        < 3) {
                    WatchResponse events = watch.call().next(Duration.ofSeconds(60));
                    List<Long> revisions = seen.computeIfAbsent(events.getWatchId(), _ -> new ArrayList<>());
                    for (Event event : events.getEventsList()) {
                        revisions.add(event.getKv().getModRevision());
                    }
                }
                assertEquals(first + WRITES, last);
                assertEquals(revisions(first + 1, last), seen.get(synced));
                assertEquals(revisions(first + 1, last), seen.get(fromStart));
                assertEquals(revisions(future, last), seen.get(waiting));
                String said = late.log().substring(shown);
                assertTrue(said.contains(INSTALLED), said);

                long more = leader.putRevision(keys.key("more"), "1");
                for (int i = 0; i < 3; i++) {
                    assertEquals(more, watch.events(1).getFirst().getKv().getModRevision());
                }
            }
        }
    }

    private static List<Long> revisions(long from, long to) {
        return LongStream.rangeClosed(from, to).boxed().toList();
    }

    /// Writes, a hundred at a time, and returns the last revision.
    private static long write(Client client, Keys keys) throws Exception {
        long last = 0;
        for (int i = 0; i < WRITES; i += AT_ONCE) {
            List<ListenableFuture<PutResponse>> puts = new ArrayList<>();
            for (int j = 0; j < AT_ONCE; j++) {
                puts.add(KVGrpc.newFutureStub(client.channel())
                        .put(Requests.put(keys.key("k" + j), VALUE).build()));
            }
            for (PutResponse put : Futures.allAsList(puts).get()) {
                last = Math.max(last, put.getHeader().getRevision());
            }
        }
        return last;
    }
}
