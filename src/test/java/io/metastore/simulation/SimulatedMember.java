package io.metastore.simulation;

import io.metastore.cluster.Member;
import io.metastore.cluster.MemberChange;
import io.metastore.consensus.BatchLimits;
import io.metastore.consensus.Batcher;
import io.metastore.consensus.ConsensusMetrics;
import io.metastore.consensus.Leadership;
import io.metastore.consensus.ProposalQueue;
import io.metastore.consensus.ReadBarrier;
import io.metastore.consensus.jraft.JraftConsensus;
import io.metastore.consensus.jraft.RaftSettings;
import io.metastore.consensus.jraft.SnapshotFiles;
import io.metastore.consensus.log.FolderNames;
import io.metastore.consensus.peer.PeerDispatch;
import io.metastore.engine.DiskSpace;
import io.metastore.engine.Engine;
import io.metastore.engine.EngineKind;
import io.metastore.engine.RowSource;
import io.metastore.engine.memory.MemoryEngine;
import io.metastore.machine.ApplyLoop;
import io.metastore.machine.ApplyMetrics;
import io.metastore.machine.ChunkLimits;
import io.metastore.machine.Command;
import io.metastore.machine.Outcome;
import io.metastore.machine.Replicas;
import io.metastore.machine.Result;
import io.metastore.mvcc.RangeQuery;
import io.metastore.mvcc.RangeResult;
import io.metastore.mvcc.RevisionUnavailable;
import io.metastore.mvcc.View;
import io.metastore.service.Proposals;
import io.metastore.service.Reading;
import io.metastore.service.RequestMetrics;
import io.metastore.service.SlowRequests;
import io.metastore.thread.Threads;
import io.metastore.value.Bytes;
import io.metastore.value.Event;
import io.metastore.value.KeyRange;
import io.metastore.value.Revision;
import io.metastore.value.StoreError;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// One life of a member, from a start to a crash or a stop: queue, batcher, raft, apply loop and reads as a real one
/// has them, with its state in memory, on a simulated network and disk, without listeners.
public final class SimulatedMember {
    private static final Duration CHECK = Duration.ofMillis(50);
    private static final Duration LOST_ROUND = Duration.ofMillis(500);
    private static final BatchLimits BATCHES = new BatchLimits(true, 100, 1 << 20, Duration.ofMillis(1), 16, 16L << 20);

    /// What members of a cluster have in common.
    ///
    /// @param group   name of the cluster, its own in this program
    /// @param voters  ids
    /// @param snapshotCommands commands between two snapshots, 0 for none
    /// @param limit   how long a call may take
    /// @param durable whether the state is kept in RocksDB, which takes no snapshots of others here, or in memory
    public record Settings(
            String group, List<Long> voters, int electionMs, int snapshotCommands, Duration limit, boolean durable) {
        /// For a member that joins a cluster which is there.
        Settings joining() {
            return new Settings(group, List.of(), electionMs, snapshotCommands, limit, durable);
        }
    }

    private final long id;
    private final SimulatedDisk disk;
    private final List<String> faults;
    private final SimulatedPeers peers;
    private final Replicas replicas;
    private final JraftConsensus consensus;
    private final Batcher batcher;
    private final ProposalQueue queue = new ProposalQueue(new ProposalQueue.Limits(10_000, 64L << 20));
    private final ThreadPoolExecutor reads;
    private final ScheduledExecutorService clock;
    private final ReadBarrier barrier;
    private final Reading reading;
    private final Proposals proposals;
    private final Duration limit;
    private volatile boolean failed;
    private boolean closed;

    /// Begins with what the disk holds.
    ///
    /// @param faults gets what would have stopped a real member, unless it has failed before
    public SimulatedMember(
            long id,
            Settings settings,
            SimulatedNetwork network,
            SimulatedDisk disk,
            Random random,
            List<String> faults) {
        this.id = id;
        this.disk = disk;
        this.faults = faults;
        this.limit = settings.limit();
        Path raft = disk.path().resolve("member").resolve("raft");
        create(raft);
        this.replicas = new Replicas(
                settings.durable() ? EngineKind.ROCKSDB.open(state(disk)) : opened(raft),
                (captured, _) -> filled(new MemoryEngine(4), captured),
                Runnable::run);
        PeerDispatch dispatch = new PeerDispatch();
        this.peers = network.join(id, dispatch);
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        ApplyMetrics metrics = new ApplyMetrics(registry);
        this.reads = Threads.pool("simulated-reads-" + id, 2, new LinkedBlockingQueue<>(), this::halt);
        this.clock = Threads.clock("simulated-clock-" + id, this::halt);
        this.consensus = new JraftConsensus(
                new RaftSettings(
                        settings.group(),
                        id,
                        settings.voters(),
                        raft,
                        settings.electionMs(),
                        settings.electionMs() / 10,
                        256L << 20,
                        settings.snapshotCommands(),
                        1L << 30),
                machine -> new ApplyLoop(machine, new ChunkLimits(1000, 4 << 20), (_, _, _, _) -> {}, metrics),
                replicas,
                this::halt,
                this::leadershipChanged,
                peers,
                dispatch,
                random.nextLong(),
                _ -> {},
                DiskSpace.unbounded());
        this.batcher = new Batcher(queue, BATCHES, consensus, new ConsensusMetrics(registry), this::halt);
        this.barrier = new ReadBarrier(consensus, reads);
        this.reading = new Reading(replicas, barrier, reads, fault -> halt("reading the state failed", fault));
        this.proposals =
                new Proposals(queue, new RequestMetrics(new SlowRequests(Duration.ZERO, Duration.ZERO, _ -> {})));
    }

    /// As the folder of a member's data is made.
    private static void create(Path raft) {
        try {
            FolderNames.create(raft);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// RocksDB writes by itself; what it has flushed by the end counts as synced.
    private static Path state(SimulatedDisk disk) {
        return Path.of(disk.path().resolve("member").resolve("state").toString());
    }

    private static Engine opened(Path raft) {
        Engine engine = new MemoryEngine(4);
        SnapshotFiles.newestCaptured(raft).ifPresent(snapshot -> filled(engine, snapshot.captured()));
        return engine;
    }

    private static Engine filled(Engine engine, Path captured) {
        try (RowSource rows = EngineKind.rows(Path.of(captured.toString()))) {
            engine.restore(rows);
        }
        return engine;
    }

    /// Starts, without waiting for others.
    public void start() {
        consensus.start();
        batcher.start();
        clock.scheduleWithFixedDelay(
                () -> {
                    queue.timeOut(limit.toNanos());
                    barrier.timeOut(limit.toNanos());
                    barrier.retry(LOST_ROUND.toNanos());
                },
                CHECK.toMillis(),
                CHECK.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    private void leadershipChanged(Leadership leadership) {
        if (leadership.leader() != 0) {
            barrier.retry(0);
        }
    }

    /// A real member would end here. What one that has failed says of it is of no interest.
    private void halt(String what, Throwable cause) {
        if (!failed) {
            faults.add("member " + id + ": " + what + (cause == null ? "" : ": " + cause));
            fail();
        }
    }

    public long id() {
        return id;
    }

    public boolean hasFailed() {
        return failed;
    }

    public SimulatedDisk disk() {
        return disk;
    }

    /// Commands that were accepted and are not applied.
    public int proposed() {
        return queue.depth().outstanding();
    }

    /// Commands that were accepted and are not in an entry.
    public int waiting() {
        return queue.depth().waiting();
    }

    public JraftConsensus consensus() {
        return consensus;
    }

    public Replicas replicas() {
        return replicas;
    }

    /// Puts a value; yields the revision that it made.
    public CompletableFuture<Long> put(String key, String value) {
        Command.Put put = new Command.Put(Bytes.utf8(key), Bytes.utf8(value), 0, false, false, false);
        return proposals
                .propose(put)
                .map(outcome -> switch (outcome) {
                    case Outcome.Done<Result.Put>(Result.Put done) -> done.revision();
                    case Outcome.Refused<Result.Put>(var error) -> throw new AssertionError("refused: " + error);
                })
                .subscribeAsCompletionStage();
    }

    /// Enters the members that the cluster begins with, unless there are some.
    public CompletableFuture<?> found(List<Long> ids) {
        return proposals
                .propose(new Command.ClusterStart(ids.stream()
                        .map(founder -> Member.unstarted(founder, List.of(url(founder)), false))
                        .toList()))
                .subscribeAsCompletionStage();
    }

    static String url(long member) {
        return "http://member-" + member + ":2380";
    }

    /// Changes who belongs to the cluster; yields why not, or nothing.
    public CompletableFuture<Optional<StoreError>> change(MemberChange change) {
        return proposals
                .propose(new Command.ChangeMembers(change))
                .map(outcome -> switch (outcome) {
                    case Outcome.Done<Result.ChangeMembers> _ -> Optional.<StoreError>empty();
                    case Outcome.Refused<Result.ChangeMembers>(StoreError error) -> Optional.of(error);
                })
                .subscribeAsCompletionStage();
    }

    /// Who belongs to the cluster, as this member knows.
    public List<Member> table() {
        return replicas.get().machine().members().all();
    }

    /// What a linearizable read has seen.
    ///
    /// @param revision of the store
    /// @param modified revision of the last put of the key, 0 when there was none
    /// @param value    of that put
    public record Seen(long revision, long modified, String value) {}

    public CompletableFuture<Seen> read(String key) {
        return reading.linearizable(view -> seen(view, key)).subscribeAsCompletionStage();
    }

    private static Seen seen(View view, String key) {
        try {
            RangeResult found = view.range(RangeQuery.all(KeyRange.single(Bytes.utf8(key))));
            return found.keyValues().isEmpty()
                    ? new Seen(found.revision(), 0, "")
                    : new Seen(
                            found.revision(),
                            found.keyValues().getFirst().modRevision(),
                            new String(found.keyValues().getFirst().value().array()));
        } catch (RevisionUnavailable never) {
            throw new IllegalStateException("the newest revision is there", never);
        }
    }

    /// All that was put up to a revision, in order.
    public List<Event.Put> history(long last) {
        List<Event.Put> history = new ArrayList<>();
        try (View view = replicas.view()) {
            view.scan(new Revision(0, 0), last, event -> history.add((Event.Put) event));
        }
        return history;
    }

    /// Loses power: from now on it reaches nobody and keeps nothing. What runs of it still must be closed.
    public void fail() {
        failed = true;
        peers.leave();
        disk.freeze();
    }

    /// Ends what runs of it.
    public void close() throws InterruptedException {
        if (closed) {
            return;
        }
        closed = true;
        batcher.stop(failed ? Duration.ZERO : limit);
        consensus.close();
        batcher.awaitEnd();
        clock.shutdownNow();
        peers.leave();
        reads.shutdown();
        reads.awaitTermination(5, TimeUnit.SECONDS);
        replicas.close();
        queue.timeOut(0);
    }

    @Override
    public String toString() {
        Leadership now = consensus.leadership();
        return "member " + id + (failed ? " (failed)" : "") + " in term " + now.term() + " led by " + now.leader()
                + ", applied " + replicas.state().appliedIndex();
    }
}
