package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.option.RaftOptions;
import io.metastore.consensus.Consensus;
import io.metastore.consensus.Unavailable;
import io.metastore.consensus.peer.PeerDispatch;
import io.metastore.consensus.peer.Peers;
import io.metastore.engine.DiskSpace;
import io.metastore.machine.ApplyLoop;
import io.metastore.machine.ApplyMetrics;
import io.metastore.machine.ChunkLimits;
import io.metastore.machine.Command;
import io.metastore.machine.CommandCodec;
import io.metastore.machine.Outcome;
import io.metastore.machine.Replicas;
import io.metastore.machine.Result;
import io.metastore.machine.StateMachine;
import io.metastore.mvcc.MvccStore;
import io.metastore.mvcc.StoreFolder;
import io.metastore.value.Bytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/// A member of its own in a folder: real raft log, real state, no network.
final class SingleMember implements AutoCloseable {
    private final Path folder;
    private final int port;
    private final long snapshotCommands;
    private final StoreFolder stateFolder;
    private final AtomicReference<String> fault = new AtomicReference<>();
    private Replicas replicas;
    private JraftConsensus consensus;

    /// @param port only a name here, nothing listens
    SingleMember(Path folder, int port, long snapshotCommands) throws IOException {
        this.folder = Files.createDirectories(folder.resolve("raft"));
        this.port = port;
        this.snapshotCommands = snapshotCommands;
        this.stateFolder = new StoreFolder(folder.resolve("db"));
        start();
    }

    void start() {
        replicas = new Replicas(
                stateFolder.open(),
                (captured, applied) -> {
                    throw new AssertionError(captured + " is at " + applied + ", and no leader sent it");
                },
                Runnable::run);
        Function<StateMachine, ApplyLoop> loops = machine -> new ApplyLoop(
                machine,
                new ChunkLimits(100, 1 << 20),
                (_, _, _, _) -> {},
                new ApplyMetrics(new SimpleMeterRegistry()));
        RaftSettings settings = new RaftSettings(
                "group-" + port, port, List.of((long) port), folder, 300, 100, 256L << 20, snapshotCommands, 1L << 30);
        consensus = new JraftConsensus(
                settings,
                loops,
                replicas,
                (what, cause) -> fault.compareAndSet(null, what + ": " + cause),
                _ -> {},
                Peers.none(),
                new PeerDispatch(),
                new Random().nextLong(),
                _ -> {},
                DiskSpace.unbounded());
        consensus.start();
    }

    MvccStore store() {
        return replicas.get().store();
    }

    JraftConsensus consensus() {
        return consensus;
    }

    Path raftFolder() {
        return folder;
    }

    String fault() {
        return fault.get();
    }

    /// The options that the node really runs with.
    RaftOptions raftOptions() throws ReflectiveOperationException {
        Field node = JraftConsensus.class.getDeclaredField("node");
        node.setAccessible(true);
        return ((NodeImpl) node.get(consensus)).getRaftOptions();
    }

    void awaitLeadership() throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!consensus.leadership().isLeader()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("no leader; fault: " + fault());
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    CompletableFuture<Outcome<? extends Result>> put(String key) {
        Command.Put put = new Command.Put(Bytes.utf8(key), Bytes.utf8("value"), 0, false, false, false);
        CompletableFuture<Outcome<? extends Result>> end = new CompletableFuture<>();
        consensus.propose(List.of(CommandCodec.encode(put)), new Consensus.Pending() {
            @Override
            public List<? extends Command<?>> commands() {
                return List.of(put);
            }

            @Override
            public void complete(List<Outcome<? extends Result>> outcomes) {
                end.complete(outcomes.getFirst());
            }

            @Override
            public void failed(Unavailable reason) {
                end.completeExceptionally(reason);
            }
        });
        return end;
    }

    void barrier() throws InterruptedException, ExecutionException, TimeoutException {
        CompletableFuture<Void> end = new CompletableFuture<>();
        consensus.barrier(new Consensus.BarrierCaller() {
            @Override
            public void passed() {
                end.complete(null);
            }

            @Override
            public void failed(Unavailable reason) {
                end.completeExceptionally(reason);
            }
        });
        end.get(10, TimeUnit.SECONDS);
    }

    /// Stops in order.
    void stop() throws InterruptedException {
        consensus.close();
        store().close();
        stateFolder.reopen();
    }

    /// Stops and loses what the state had not flushed.
    void crash() throws InterruptedException, IOException {
        Path copy = stateFolder.copyUnflushed();
        consensus.close();
        store().close();
        stateFolder.abandonFor(copy);
    }

    @Override
    public void close() {
        try {
            consensus.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while stopping", e);
        }
        store().close();
        stateFolder.close();
    }
}
