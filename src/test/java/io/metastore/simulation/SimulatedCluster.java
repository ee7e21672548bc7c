package io.metastore.simulation;

import io.metastore.Eventually;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;

/// Members in one program, of the classes that a real one is made of, on a simulated network and simulated disks.
/// Starts and elects within a second. Whatever is done to it by chance follows from its seed; raft's own timers do not.
public final class SimulatedCluster implements AutoCloseable {
    private static final int ELECTION_MS = 300;
    private static final Duration LIMIT = Duration.ofSeconds(3);
    private static final AtomicLong CLUSTERS = new AtomicLong();

    private final Path folder;
    private final long seed;
    private final Random random;
    private final SimulatedMember.Settings settings;
    private final SimulatedNetwork network;
    private final List<String> faults = new CopyOnWriteArrayList<>();
    private final Map<Long, SimulatedMember> members = new TreeMap<>();
    private int lives;

    /// Starts `size` members with ids from 1 on.
    ///
    /// @param snapshotCommands commands between two snapshots, 0 for none
    public SimulatedCluster(Path folder, int size, int snapshotCommands, long seed) {
        this(folder, size, snapshotCommands, ELECTION_MS, false, seed);
    }

    /// Like the other, with an election timeout for what must not be disturbed by elections on a busy machine.
    ///
    /// @param durable whether states are kept in RocksDB, or in memory
    public SimulatedCluster(Path folder, int size, int snapshotCommands, int electionMs, boolean durable, long seed) {
        this.folder = folder;
        this.seed = seed;
        this.random = new Random(seed);
        this.network = new SimulatedNetwork(seed, (what, cause) -> faults.add("network: " + what + ": " + cause));
        List<Long> ids = LongStream.rangeClosed(1, size).boxed().toList();
        this.settings = new SimulatedMember.Settings(
                "simulated-" + CLUSTERS.incrementAndGet(), ids, electionMs, snapshotCommands, LIMIT, durable);
        for (long id : ids) {
            start(id, new SimulatedDisk(nextFolder(id)));
        }
    }

    private Path nextFolder(long id) {
        return folder.resolve("member-" + id + "-" + ++lives);
    }

    /// Begins a failed member's next life.
    public void start(long id, SimulatedDisk disk) {
        SimulatedMember.Settings own = settings.voters().contains(id) ? settings : settings.joining();
        SimulatedMember member = new SimulatedMember(id, own, network, disk, random, faults);
        member.start();
        synchronized (members) {
            members.put(id, member);
        }
    }

    /// Starts a member that founded nothing, on an empty disk. It takes part once the others let it.
    public void join(long id) {
        start(id, new SimulatedDisk(nextFolder(id)));
    }

    /// Ends a member for good.
    public void leave(long id) throws InterruptedException {
        SimulatedMember gone = member(id);
        gone.fail();
        gone.close();
        synchronized (members) {
            members.remove(id);
        }
    }

    public long seed() {
        return seed;
    }

    /// Name of its raft group.
    public String group() {
        return settings.group();
    }

    public SimulatedNetwork network() {
        return network;
    }

    public SimulatedMember member(long id) {
        synchronized (members) {
            return members.get(id);
        }
    }

    public List<SimulatedMember> members() {
        synchronized (members) {
            return List.copyOf(members.values());
        }
    }

    public List<SimulatedMember> others(SimulatedMember than) {
        return members().stream().filter(member -> member != than).toList();
    }

    /// What would have stopped a member that had not failed.
    public List<String> faults() {
        return faults;
    }

    /// Begins a failed member's next life with what its disk has kept.
    public void restart(long id, SimulatedDisk.Loss loss) throws InterruptedException, IOException {
        start(id, kept(id, loss));
    }

    /// What a failed member's disk has kept.
    public SimulatedDisk kept(long id, SimulatedDisk.Loss loss) throws InterruptedException, IOException {
        SimulatedMember failed = member(id);
        failed.close();
        return failed.disk().crash(nextFolder(id), loss, random);
    }

    /// The member that leads `among` these, as all of them say; waits for one.
    public SimulatedMember leader(Collection<SimulatedMember> among) {
        List<SimulatedMember> found = new ArrayList<>();
        Eventually.holds(
                this + ": one of " + among.stream().map(SimulatedMember::id).toList() + " leads", () -> {
                    found.clear();
                    among.stream()
                            .filter(member -> member.consensus().leadership().isLeader())
                            .forEach(found::add);
                    return found.size() == 1
                            && among.stream()
                                    .allMatch(member ->
                                            member.consensus().leadership().leader()
                                                    == found.getFirst().id());
                });
        return found.getFirst();
    }

    public SimulatedMember leader() {
        return leader(members());
    }

    /// Heals everything, starts who has failed, and waits until all have the same history; returns it.
    public History settle() throws InterruptedException, IOException {
        network.heal();
        for (SimulatedMember member : members()) {
            member.disk().slowSyncs(Duration.ZERO);
            if (member.hasFailed()) {
                restart(member.id(), SimulatedDisk.Loss.SOME);
            }
        }
        long last = putAtLast();
        for (SimulatedMember member : members()) {
            Eventually.holds(this + ": member " + member.id() + " has applied revision " + last, () -> {
                return member.replicas().state().revision() >= last;
            });
        }
        // What nobody waited for any more may come still, behind the last.
        History history = new History(members().getFirst().history(last));
        for (SimulatedMember member : members()) {
            history.assertSame(member.id(), member.history(last));
        }
        return history;
    }

    private long putAtLast() throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        int tries = 0;
        while (true) {
            try {
                return leader().put("at last", "try " + ++tries).get(LIMIT.toMillis() + 500, TimeUnit.MILLISECONDS);
            } catch (ExecutionException | TimeoutException notYet) {
                if (System.nanoTime() - end > 0) {
                    throw new AssertionError(this + " takes no more writes", notYet);
                }
            }
        }
    }

    @Override
    public void close() {
        List<SimulatedMember> open = members();
        open.forEach(SimulatedMember::fail);
        try {
            for (SimulatedMember member : open) {
                member.close();
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while stopping", stopped);
        }
        network.close();
    }

    @Override
    public String toString() {
        return "cluster of seed " + seed + ", "
                + members().stream().map(SimulatedMember::toString).toList() + ", faults " + faults;
    }
}
