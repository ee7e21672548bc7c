package io.metastore.server;

import io.metastore.cluster.Alarm;
import io.metastore.cluster.Identity;
import io.metastore.cluster.Members;
import io.metastore.consensus.Batcher;
import io.metastore.consensus.ConsensusMetrics;
import io.metastore.consensus.Faults;
import io.metastore.consensus.LeaderCalls;
import io.metastore.consensus.Leadership;
import io.metastore.consensus.ProposalQueue;
import io.metastore.consensus.ReadBarrier;
import io.metastore.consensus.jraft.JraftConsensus;
import io.metastore.consensus.jraft.SnapshotFiles;
import io.metastore.consensus.peer.PeerDispatch;
import io.metastore.consensus.peer.PeerIdentity;
import io.metastore.consensus.peer.PeerMessage;
import io.metastore.consensus.peer.Peers;
import io.metastore.engine.DiskSpace;
import io.metastore.engine.Engine;
import io.metastore.engine.EngineFailure;
import io.metastore.machine.ApplyLoop;
import io.metastore.machine.ApplyMetrics;
import io.metastore.machine.ChunkLimits;
import io.metastore.machine.Command;
import io.metastore.machine.Replica;
import io.metastore.machine.Replicas;
import io.metastore.machine.StateMachine;
import io.metastore.mvcc.MvccStore;
import io.metastore.server.tls.TlsFailure;
import io.metastore.service.AlarmService;
import io.metastore.service.AutoCompaction;
import io.metastore.service.CompactionLoop;
import io.metastore.service.CompactionMetrics;
import io.metastore.service.DiskRoom;
import io.metastore.service.KvService;
import io.metastore.service.LeaderTransfer;
import io.metastore.service.LeaseService;
import io.metastore.service.MemberStatus;
import io.metastore.service.Membership;
import io.metastore.service.Proposals;
import io.metastore.service.Reading;
import io.metastore.service.RequestMetrics;
import io.metastore.service.ResponseBudget;
import io.metastore.service.ResponseBudgetMetrics;
import io.metastore.service.SlowRequests;
import io.metastore.service.SpaceQuota;
import io.metastore.thread.Threads;
import io.metastore.watch.WatchHub;
import io.metastore.watch.WatchLimits;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/// A member without its listeners: the whole graph of objects from engine to services, built by
/// constructors, started from the bottom up and stopped in reverse.
public final class Member implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(Member.class);
    private static final Duration MEMBERS_CHECK = Duration.ofMillis(500);
    private static final Duration TIME_LIMIT_CHECK = Duration.ofMillis(50);
    /// A round of the read barrier that takes longer is asked for again: its messages may be lost.
    private static final Duration LOST_ROUND = Duration.ofMillis(500);

    private final EffectiveConfig config;
    private final Faults faults;
    private final DataDirectory directory;
    private final Belonging belonging;
    private final Identity identity;
    private final PeerIdentity introduced;
    private final DiskSpace disk;
    private final ExecutorService retired;
    private final Replicas replicas;
    private final WatchHub watchHub;
    private final PeerPorts peerPorts;
    private final JraftConsensus consensus;
    private final ProposalQueue queue;
    private final Batcher batcher;
    private final ThreadPoolExecutor reads;
    private final ScheduledExecutorService clock;
    private final ResponseBudget responses;
    private final Proposals proposals;
    private final ReadBarrier barrier;
    private final Reading reading;
    private final CompactionLoop compaction;
    private final AlarmService alarms;
    private final DiskRoom room;
    private final KvService kv;
    private final LeaseService leases;
    private final LeaderTransfer transfer;
    private final MemberAuth auth;
    private final Membership membership;
    private final MemberStatus status;
    private final ApplyMetrics applying;
    private final RequestMetrics requests;
    private final AppliedCounts applied = new AppliedCounts();
    private final Introduction introduction = new Introduction();
    private final Farewell farewell = new Farewell(introduction);

    /// Opens the data directory and builds everything. Nothing runs yet.
    ///
    /// @throws StartFailure  when the data directory cannot be used
    /// @throws EngineFailure when files in it are damaged or cannot be read
    /// @throws TlsFailure    naming the file or setting that cannot be used between members
    public Member(ServerConfig keys, MeterRegistry registry, Faults faults) throws TlsFailure {
        this.config = new EffectiveConfig(keys);
        this.faults = faults;
        this.clock = Threads.clock("clock", faults);
        this.directory = DataDirectory.open(config.dataDir());
        this.belonging = Belonging.find(config, directory);
        this.identity = belonging.identity();
        this.disk = directory.space(keys.disk().reserveBytes());
        this.retired = Threads.pool("retired-states", 1, new LinkedBlockingQueue<>(), faults);
        this.replicas = new Replicas(OpenedState.open(directory, keys, disk), this::install, retired);
        this.watchHub = watchHub(keys);
        SlowRequests slow = new SlowRequests(
                keys.limits().warningUnaryRequestDuration(), keys.limits().warningApplyDuration(), LOG::warn);
        this.requests = new RequestMetrics(slow);
        this.applying = new ApplyMetrics(registry, slow::applied);
        this.introduced = belonging.introduction();
        PeerDispatch dispatch = new PeerDispatch();
        this.peerPorts = peerPorts(dispatch);
        Peers others = peerPorts.peers();
        this.consensus = new JraftConsensus(
                belonging.raft(config, directory, disk, machine().members()),
                this::applyLoop,
                replicas,
                faults,
                this::leadershipChanged,
                others,
                dispatch,
                introduced.boot(),
                this::installed,
                disk);
        this.queue = new ProposalQueue(new ProposalQueue.Limits(keys.queue().commands(), config.queueBytes()));
        this.batcher = new Batcher(queue, config.batchLimits(), consensus, new ConsensusMetrics(registry), faults);
        this.reads = Threads.pool("reads", config.readThreads(), new LinkedBlockingQueue<>(), faults);
        this.responses = responseBudget();
        ResponseBudgetMetrics.bind(responses, registry);
        this.proposals = new Proposals(queue, requests);
        dispatch.signs(StateChecks.of(
                identity, replicas, consensus, proposals, peerPorts, clock, directory, faults, registry));
        this.barrier = new ReadBarrier(consensus, reads);
        this.reading = new Reading(replicas, barrier, reads, fault -> faults.halt("reading the state failed", fault));
        this.auth = new MemberAuth(keys.auth(), replicas, proposals, reading, faults);
        this.alarms = new AlarmService(proposals, reading, () -> machine().alarms());
        this.room = room();
        this.compaction = compactionLoop();
        this.kv = kvService();
        this.leases = leaseService(others);
        dispatch.add(PeerMessage.Kinds.LEASE_RENEW, leases);
        dispatch.add(PeerMessage.Kinds.LEASE_REMAINING, leases);
        this.membership = membership(others);
        dispatch.add(PeerMessage.Kinds.MEMBER_IN_SYNC, membership);
        dispatch.add(PeerMessage.Kinds.MEMBER_VOTES, membership);
        this.transfer =
                new LeaderTransfer(consensus, () -> machine().members(), identity.memberId(), config.requestLimit());
        this.status = new MemberStatus(
                identity.memberId(),
                replicas,
                consensus,
                config.quotaBytes().orElse(keys.limits().quotaBackendBytes()));
    }

    private PeerPorts peerPorts(PeerDispatch dispatch) throws TlsFailure {
        return new PeerPorts(
                config,
                introduced,
                belonging.table(
                        () -> machine().members(),
                        id -> consensus().configured().areWithout(id)),
                () -> belonging.answer(machine().members(), replicas.state().appliedIndex()),
                dispatch,
                farewell,
                faults);
    }

    private ResponseBudget responseBudget() {
        // One thread is left for small reads.
        int builders = Math.max(1, config.readThreads() - 1);
        return new ResponseBudget(
                config.readResponseBudgetBytes(), config.keys().read().clientPatience(), builders, reads);
    }

    private WatchHub watchHub(ServerConfig keys) {
        return new WatchHub(
                replicas,
                WatchLimits.defaults()
                        .withStreamBytes(keys.watch().streamBufferBytes())
                        .withStreamWatchers(keys.watch().streamWatchers())
                        .withProgressInterval(config.watchProgressNotifyInterval()),
                fault -> faults.halt("serving watchers failed", fault));
    }

    private KvService kvService() {
        return new KvService(
                proposals,
                reading,
                new SpaceQuota(this::engine, config.quotaBytes()),
                room,
                alarms,
                compaction,
                responses,
                identity.memberId(),
                requests);
    }

    private LeaseService leaseService(Peers others) {
        return new LeaseService(
                new LeaderCalls(others, consensus::leadership),
                proposals,
                reading,
                () -> machine().leases(),
                kv,
                config.keys().member().electionTimeout(),
                config.requestLimit(),
                faults);
    }

    private Membership membership(Peers others) {
        ServerConfig.Cluster keys = config.keys().cluster();
        return new Membership(
                identity.memberId(),
                new Membership.Rules(keys.maxLearners(), keys.strictReconfigCheck()),
                proposals,
                () -> machine().members(),
                consensus,
                new LeaderCalls(others, consensus::leadership),
                peerPorts.metrics(),
                clock);
    }

    private DiskRoom room() {
        return new DiskRoom(
                disk,
                queue,
                alarms,
                () -> machine().alarms(),
                new Alarm(identity.memberId(), Alarm.Type.NO_SPACE),
                consensus,
                faults);
    }

    private CompactionLoop compactionLoop() {
        return new CompactionLoop(
                replicas, config.compactionBatchLimit(), config.compactionSleepInterval(), room, faults);
    }

    private ApplyLoop applyLoop(StateMachine machine) {
        ServerConfig.Apply apply = config.keys().apply();
        return new ApplyLoop(
                machine,
                new ChunkLimits(apply.chunkCommands(), apply.chunkBytes()),
                new Told(watchHub, this::leases, this::auth, applied),
                applying);
    }

    private Engine install(Path captured, long applied) {
        return OpenedState.install(directory, config.keys(), disk, new SnapshotFiles.Captured(captured, applied));
    }

    /// What was told of the changes to the state goes on from a state that nobody told of.
    private void installed(Replica replica) {
        watchHub.permissionsChanged();
        watchHub.resetTo(replica.store().state().revision());
        leases.replaced();
        compaction.wake();
    }

    private void leadershipChanged(Leadership leadership) {
        transfer.leadershipChanged(leadership);
        leases.leadershipChanged(leadership);
        if (leadership.leader() != 0) {
            introduction.leaderKnown();
            barrier.retry(0);
        }
    }

    /// Starts everything and returns once the member has made itself known through the log and so can serve
    /// (GEN-03).
    ///
    /// @throws ListenFailure when a peer address cannot be listened at
    public void start() throws InterruptedException, ListenFailure {
        LOG.infof(
                "member %s (%x) of cluster %x starts with its data in %s, revision %d",
                config.keys().member().name(),
                identity.memberId(),
                identity.clusterId(),
                config.dataDir(),
                replicas.state().revision());
        watchHub.start();
        peerPorts.open();
        consensus.start();
        if (config.keys().cluster().forceNewCluster()) {
            consensus.goOnAlone();
        }
        batcher.start();
        compaction.start();
        leases.start();
        auth.start(clock);
        long limit = config.requestLimit().toNanos();
        clock.scheduleWithFixedDelay(
                () -> {
                    queue.timeOut(limit);
                    barrier.timeOut(limit);
                    barrier.retry(LOST_ROUND.toNanos());
                },
                TIME_LIMIT_CHECK.toMillis(),
                TIME_LIMIT_CHECK.toMillis(),
                TimeUnit.MILLISECONDS);
        clock.scheduleWithFixedDelay(
                responses::cutStalled, TIME_LIMIT_CHECK.toMillis(), TIME_LIMIT_CHECK.toMillis(), TimeUnit.MILLISECONDS);
        clock.scheduleWithFixedDelay(
                this::lookAtMembers, MEMBERS_CHECK.toMillis(), MEMBERS_CHECK.toMillis(), TimeUnit.MILLISECONDS);
        startAutoCompaction();
        introduction.run(
                proposals,
                consensus,
                () -> machine().members(),
                new Command.ClusterStart(belonging.founders()),
                belonging.publish(config),
                config.keys().cluster().forceNewCluster());
        lookAtMembers();
        room.start(config.quotaBytes());
    }

    /// Keeps what a start needs to know of the others, and notices that this member is none of them any more.
    private void lookAtMembers() {
        Members now = machine().members();
        belonging.remember(now);
        consensus.configured().look();
        if (now.removed().containsKey(identity.memberId())) {
            // Its vote may still be needed to end with it.
            membership.whenVoteless(() -> farewell.removed("the cluster has removed this member"));
        }
    }

    private void startAutoCompaction() {
        AutoCompaction automatic = new AutoCompaction(replicas, consensus, proposals, compaction);
        switch (config.retention()) {
            case Retention.Off _ -> LOG.debug("auto compaction is off");
            case Retention.Revisions(long revisions) -> automatic.keepRevisions(revisions, clock);
            case Retention.Periodic(Duration period) -> automatic.keepPeriod(period, clock);
        }
    }

    public EffectiveConfig config() {
        return config;
    }

    public Identity identity() {
        return identity;
    }

    public Engine engine() {
        return replicas.get().engine();
    }

    public MvccStore store() {
        return replicas.get().store();
    }

    public StateMachine machine() {
        return replicas.get().machine();
    }

    /// The state, as of now at each call. What is taken from it is not kept: a snapshot may replace it.
    public Replicas replicas() {
        return replicas;
    }

    public WatchHub watchHub() {
        return watchHub;
    }

    public JraftConsensus consensus() {
        return consensus;
    }

    public ProposalQueue queue() {
        return queue;
    }

    public Reading reading() {
        return reading;
    }

    /// The room on the file system of the data directory.
    DiskSpace disk() {
        return disk;
    }

    public AlarmService alarms() {
        return alarms;
    }

    public ResponseBudget responses() {
        return responses;
    }

    public KvService kv() {
        return kv;
    }

    MemberAuth auth() {
        return auth;
    }

    LeaderTransfer transfer() {
        return transfer;
    }

    /// Lets another member lead before this one stops. Called while it still serves: calls under way end with the next
    /// leader.
    void handOver() throws InterruptedException {
        consensus.handOver();
    }

    public LeaseService leases() {
        return leases;
    }

    /// What was applied since the start, for metrics.
    AppliedCounts applied() {
        return applied;
    }

    PeerPorts peerPorts() {
        return peerPorts;
    }

    /// Whether this member has no vote.
    boolean isLearner() {
        return machine().members().isLearner(identity.memberId());
    }

    public Membership membership() {
        return membership;
    }

    /// Ends when the cluster has removed this member.
    Farewell farewell() {
        return farewell;
    }

    /// How long commands take to apply.
    ApplyMetrics applying() {
        return applying;
    }

    /// How long requests take.
    RequestMetrics requests() {
        return requests;
    }

    ReadBarrier barrier() {
        return barrier;
    }

    CompactionMetrics compaction() {
        return compaction.metrics();
    }

    public MemberStatus status() {
        return status;
    }

    /// Stops in reverse order: no new proposals, those under way to their end, then raft, then what it feeds.
    @Override
    public void close() throws InterruptedException, IOException {
        clock.shutdown(); // without an interrupt, at which the file of the members would close under its writer
        var _ = clock.awaitTermination(10, TimeUnit.SECONDS);
        room.close();
        leases.close();
        auth.close();
        batcher.stop(config.requestLimit());
        compaction.close();
        consensus.close();
        batcher.awaitEnd();
        peerPorts.close();
        watchHub.close();
        stop(reads);
        replicas.close();
        stop(retired);
        directory.close();
    }

    private void stop(ExecutorService executor) throws InterruptedException {
        executor.shutdown();
        if (!executor.awaitTermination(10, TimeUnit.SECONDS)) {
            faults.halt("reads did not end within ten seconds of stopping", null);
        }
    }
}
