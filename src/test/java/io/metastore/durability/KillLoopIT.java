package io.metastore.durability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveResponse;
import io.metastore.api.etcd.mvccpb.Event;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.MemberTarget;
import io.metastore.blackbox.Requests;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `kill -9` under load, again and again (`-Dkill.cycles=100`). After each restart the store is exactly what
/// was acknowledged, and perhaps what was under way; the history has every revision once; a watch goes on where
/// it was; a lease of 600 s lives with its keys and one of 5 s ends.
@Tag("blackbox")
@Timeout(3600)
class KillLoopIT {
    private static final int CYCLES = Integer.getInteger("kill.cycles", 3);
    private static final int CLIENTS = Integer.getInteger("kill.clients", 64);
    private static final long SEED = Long.getLong("seed", System.nanoTime() & 0xffff);
    private static final String SHORT = "short/";
    private static final long SHORT_SECONDS = 5;

    private final Random random = new Random(SEED);
    /// Of the events at each revision, from revision 2 on.
    private final List<Integer> hashes = new ArrayList<>();
    /// Leases of five seconds that have not ended: key, lease and when it was asked for.
    private final Map<String, ShortLease> shortLeases = new LinkedHashMap<>();
    private final long[] compacted = {0};

    @TempDir
    private Path folder;

    private record ShortLease(long id, long asked) {}

    @BeforeEach
    void processesOnly() {
        Assumptions.assumeTrue(MemberTarget.current() instanceof MemberTarget.Program, "needs a member to kill");
    }

    @Test
    void whatWasAcknowledgedSurvives() throws InterruptedException {
        System.out.printf("kill -9: %d cycles, %d clients, -Dseed=%d%n", CYCLES, CLIENTS, SEED);
        try (Server server = new Server(folder)) {
            server.start();
            long longLease = server.client().grant(600);
            long revision = server.client()
                    .kv()
                    .put(Requests.put(Requests.bytes("long/key"), "1")
                            .setLease(longLease)
                            .build())
                    .getHeader()
                    .getRevision();
            assertEquals(2, revision);
            Loads loads = new Loads(CLIENTS, SEED, longLease);
            Feed feed = Feed.open(server.client(), 2);
            long total = 0;
            for (int cycle = 1; cycle <= CYCLES; cycle++) {
                long begun = System.nanoTime();
                int acknowledged = loadAndKill(server, loads, feed, cycle);
                total += acknowledged;
                List<Event> events = new ArrayList<>(feed.take());
                long seen = feed.last();
                restart(server, cycle);
                revision = server.client().revision();
                feed = Feed.open(server.client(), seen + 1);
                feed.await(revision);
                events.addAll(feed.take());
                check(server, loads, events, revision);
                checkLeases(server, longLease);
                boolean patient = cycle % 5 == 2;
                if (patient) {
                    awaitShortLeases(server, feed);
                }
                if (CYCLES <= 5 || cycle % 10 == 0) {
                    rereadHistory(server);
                }
                System.out.printf(
                        "cycle %d: %d acknowledged, seen up to revision %d before the kill, revision %d, compacted"
                                + " %d, %d ms%s%n",
                        cycle,
                        acknowledged,
                        seen,
                        hashes.size() + 1,
                        compacted[0],
                        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun),
                        patient ? ", short leases ended" : "");
            }
            assertTrue(total > CYCLES, "writes were acknowledged");
            System.out.printf("%d cycles, %d writes acknowledged, %d revisions%n", CYCLES, total, hashes.size());
        }
    }

    private int loadAndKill(Server server, Loads loads, Feed feed, int cycle) throws InterruptedException {
        String key = SHORT + cycle;
        long asked = System.nanoTime();
        long lease = server.client().grant(SHORT_SECONDS);
        shortLeases.put(key, new ShortLease(lease, asked));
        server.client()
                .kv()
                .put(Requests.put(Requests.bytes(key), "1").setLease(lease).build());
        Loads.Run run = loads.start(server);
        Thread compactions = cycle % 4 == 3 ? Loads.compactions(server, feed, compacted) : null;
        // From the first answer on, at any moment of a burst: 1 to 2048 answers, whatever the machine can do.
        run.awaitAcknowledged(1 << random.nextInt(12));
        TimeUnit.MILLISECONDS.sleep(random.nextInt(20));
        server.kill();
        if (compactions != null) {
            compactions.join();
        }
        return run.end();
    }

    /// Every third time snapshots are taken after few entries, and every fourth the start itself is killed.
    private void restart(Server server, int cycle) throws InterruptedException {
        String[] flags =
                cycle % 3 == 0 ? new String[] {} : new String[] {"--snapshot-count=" + (100 + random.nextInt(900))};
        if (cycle % 4 == 0) {
            server.launch(List.of(), flags);
            TimeUnit.MILLISECONDS.sleep(300 + random.nextInt(2000));
            server.kill();
        }
        server.start(flags);
    }

    /// Takes everything that happened since the last restart apart into revisions.
    private void check(Server server, Loads loads, List<Event> events, long revision) {
        for (List<Event> group : revisions(events)) {
            long at = group.getFirst().getKv().getModRevision();
            if (!loads.seen(at, group)) {
                seenOfLeases(at, group);
            }
            hashes.add(group.hashCode());
        }
        loads.end();
        assertEquals(hashes.size() + 1L, revision, "the store's revision is that of its last event");
        assertEquals(
                loads.pairs(),
                server.client()
                        .range(Requests.range(Requests.bytes("w"), Requests.bytes("x")))
                        .getKvsList());
    }

    private static List<List<Event>> revisions(List<Event> events) {
        List<List<Event>> groups = new ArrayList<>();
        long revision = 0;
        for (Event event : events) {
            if (event.getKv().getModRevision() != revision) {
                groups.add(new ArrayList<>());
                revision = event.getKv().getModRevision();
            }
            groups.getLast().add(event);
        }
        return groups;
    }

    private void seenOfLeases(long revision, List<Event> group) {
        for (Event event : group) {
            String key = event.getKv().getKey().toStringUtf8();
            if (event.getType() == Event.EventType.DELETE) {
                ShortLease ended = shortLeases.remove(key);
                assertTrue(
                        ended != null, () -> "revision " + revision + " deletes " + key + ", which nobody asked for");
                long lived = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - ended.asked());
                assertTrue(lived >= SHORT_SECONDS * 1000, () -> key + " ended after " + lived + " ms");
            } else {
                assertTrue(
                        key.equals("long/key") || shortLeases.containsKey(key),
                        () -> "revision " + revision + " puts " + key + ", which nobody asked for");
            }
        }
    }

    private void checkLeases(Server server, long longLease) {
        LeaseTimeToLiveResponse alive = timeToLive(server.client(), longLease);
        assertTrue(alive.getTTL() > 0 && alive.getGrantedTTL() == 600, alive::toString);
        assertTrue(alive.getKeysList().contains(Requests.bytes("long/key")), alive::toString);
        assertTrue(server.client().get(Requests.bytes("long/key")).isPresent());
    }

    private static LeaseTimeToLiveResponse timeToLive(Client client, long lease) {
        return client.lease()
                .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
                        .setID(lease)
                        .setKeys(true)
                        .build());
    }

    private void awaitShortLeases(Server server, Feed feed) throws InterruptedException {
        List<Long> waitedFor = shortLeases.values().stream().map(ShortLease::id).toList();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!shortLeases.isEmpty()) {
            assertTrue(System.nanoTime() < deadline, () -> "leases of five seconds do not end: " + shortLeases);
            feed.await(hashes.size() + 2L);
            for (List<Event> group : revisions(feed.take())) {
                seenOfLeases(group.getFirst().getKv().getModRevision(), group);
                hashes.add(group.hashCode());
            }
        }
        for (long lease : waitedFor) {
            assertEquals(-1, timeToLive(server.client(), lease).getTTL());
        }
    }

    /// The history from the first revision that is kept is the one that was seen live.
    private void rereadHistory(Server server) throws InterruptedException {
        long first = Math.max(2, compacted[0] + 1);
        Feed again = Feed.open(server.client(), first);
        again.await(hashes.size() + 1L);
        List<List<Event>> groups = revisions(again.take());
        for (int i = 0; i < groups.size(); i++) {
            long revision = groups.get(i).getFirst().getKv().getModRevision();
            assertEquals(first + i, revision);
            assertEquals(hashes.get((int) revision - 2), groups.get(i).hashCode(), "revision " + revision);
        }
        assertEquals(hashes.size() + 2 - first, groups.size());
    }
}
