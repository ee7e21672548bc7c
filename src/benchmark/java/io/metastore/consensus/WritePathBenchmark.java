package io.metastore.consensus;

import io.metastore.consensus.jraft.JraftConsensus;
import io.metastore.consensus.jraft.RaftSettings;
import io.metastore.consensus.peer.PeerDispatch;
import io.metastore.consensus.peer.Peers;
import io.metastore.engine.DiskSpace;
import io.metastore.engine.MeasuredEngine;
import io.metastore.engine.MeasuredFolder;
import io.metastore.machine.ApplyLoop;
import io.metastore.machine.ApplyMetrics;
import io.metastore.machine.ChunkLimits;
import io.metastore.machine.Command;
import io.metastore.machine.CommandCodec;
import io.metastore.machine.Outcome;
import io.metastore.machine.Replicas;
import io.metastore.machine.Result;
import io.metastore.machine.StateMachine;
import io.metastore.value.Bytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Measures the way of a write without a network: encoded, queued, made an entry, synced in the raft log,
/// applied, published and answered. As many callers as [Member#callers] have a put each under way at any time;
/// an operation is the start of the next one as soon as one of them is answered.
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class WritePathBenchmark {
    /// Tells how commands become entries.
    @SuppressWarnings("ImmutableEnumChecker")
    public enum Batching {
        /// Puts each command into an entry of its own, eight of them under way:
        /// `metastore.batch.enabled=false`.
        OFF(new BatchLimits(false, 100, 256 << 10, Duration.ofMillis(1), 8, 4 << 20)),
        /// Proposes many entries of one command in quick succession, which JRaft appends to the log together.
        LOGICAL(new BatchLimits(false, 100, 256 << 10, Duration.ofMillis(1), 1024, 4 << 20)),
        /// Puts up to a hundred commands into an entry, as shipped.
        PHYSICAL(new BatchLimits(true, 100, 256 << 10, Duration.ofMillis(1), 8, 4 << 20));

        private final BatchLimits limits;

        Batching(BatchLimits limits) {
            this.limits = limits;
        }
    }

    /// Holds a member of its own: queue, batcher, JRaft with its log on the disk, state machine and store.
    @State(Scope.Benchmark)
    public static class Member {
        private static final int KEYS = 100_000;

        @Param
        public MeasuredEngine engine;

        @Param
        public Batching batching;

        @Param("1000")
        public int callers;

        @Param("256")
        public int valueBytes;

        private final Random random = new Random(1);
        private final AtomicReference<String> fault = new AtomicReference<>();
        private MeasuredFolder folder;
        private Replicas replicas;
        private JraftConsensus consensus;
        private ProposalQueue queue;
        private Batcher batcher;
        private Semaphore free;
        private Bytes value;

        @Setup(Level.Trial)
        public void start() throws IOException, InterruptedException {
            byte[] bytes = new byte[valueBytes];
            random.nextBytes(bytes);
            value = Bytes.wrap(bytes);
            free = new Semaphore(callers);
            folder = MeasuredFolder.fresh();
            Replicas.States none = (captured, _) -> {
                throw new AssertionError(captured + " is not to be installed");
            };
            replicas = new Replicas(engine.open(folder.path().resolve("state")), none, Runnable::run);
            SimpleMeterRegistry meters = new SimpleMeterRegistry();
            Function<StateMachine, ApplyLoop> loops = machine -> new ApplyLoop(
                    machine, new ChunkLimits(1000, 4 << 20), (_, _, _, _) -> {}, new ApplyMetrics(meters));
            Faults faults = (what, cause) -> {
                fault.compareAndSet(null, what + ": " + cause);
                free.release(callers);
            };
            RaftSettings settings = new RaftSettings(
                    "benchmark",
                    1,
                    List.of(1L),
                    Files.createDirectories(folder.path().resolve("raft")),
                    1000,
                    100,
                    256L << 20,
                    0,
                    1L << 30);
            consensus = new JraftConsensus(
                    settings,
                    loops,
                    replicas,
                    faults,
                    _ -> {},
                    Peers.none(),
                    new PeerDispatch(),
                    1,
                    _ -> {},
                    DiskSpace.unbounded());
            queue = new ProposalQueue(new ProposalQueue.Limits(10_000, 64 << 20));
            batcher = new Batcher(queue, batching.limits, consensus, new ConsensusMetrics(meters), faults);
            consensus.start();
            batcher.start();
            while (!consensus.leadership().isLeader()) {
                TimeUnit.MILLISECONDS.sleep(5);
                check();
            }
        }

        private void check() {
            if (fault.get() != null) {
                throw new AssertionError(fault.get());
            }
        }

        /// Waits for the puts that are under way: one that fails fails the benchmark.
        @TearDown(Level.Trial)
        public void stop() throws InterruptedException, IOException {
            free.acquire(callers);
            check();
            batcher.stop(Duration.ofMinutes(1));
            consensus.close();
            replicas.close();
            folder.close();
        }
    }

    private record Caller(Member member) implements Proposal.Caller {
        @Override
        public void ended(Outcome<? extends Result> outcome) {
            if (!(outcome instanceof Outcome.Done<?>)) {
                member.fault.compareAndSet(null, "refused: " + outcome);
            }
            member.free.release();
        }

        @Override
        public void failed(Unavailable reason) {
            member.fault.compareAndSet(null, reason.toString());
            member.free.release();
        }
    }

    @Benchmark
    public void put(Member member) throws InterruptedException {
        member.free.acquire();
        member.check();
        Bytes key = Bytes.utf8("/registry/pods/default/pod-" + member.random.nextInt(Member.KEYS));
        Command.Put put = new Command.Put(key, member.value, 0, false, false, false);
        member.queue.offer(new Proposal(put, CommandCodec.encode(put), new Caller(member)));
    }

    /// Holds a file that is there in full already, as those of the raft log are.
    @State(Scope.Benchmark)
    public static class Disk {
        private static final int SECTOR = 4096;
        private static final int SECTORS = 4096;
        private final ByteBuffer sector = ByteBuffer.allocateDirect(SECTOR);
        private MeasuredFolder folder;
        private FileChannel file;
        private int at;

        @Setup(Level.Trial)
        public void fill() throws IOException {
            folder = MeasuredFolder.fresh();
            file = FileChannel.open(
                    folder.path().resolve("synced"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            for (int i = 0; i < SECTORS; i++) {
                write();
            }
            file.force(true);
        }

        private void write() throws IOException {
            sector.clear();
            file.write(sector, (long) at * SECTOR);
            at = (at + 1) % SECTORS;
        }

        @TearDown(Level.Trial)
        public void close() throws IOException {
            file.close();
            folder.close();
        }
    }

    /// Measures the disk alone: one sector written and synced.
    @Benchmark
    @Warmup(iterations = 1, time = 1)
    public void syncOfTheDisk(Disk disk) throws IOException {
        disk.write();
        disk.file.force(false);
    }
}
