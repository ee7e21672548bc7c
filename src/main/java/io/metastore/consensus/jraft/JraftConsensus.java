package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Node;
import com.alipay.sofa.jraft.NodeManager;
import com.alipay.sofa.jraft.RaftServiceFactory;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.closure.ReadIndexClosure;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.core.NodeImpl;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.option.NodeOptions;
import io.metastore.cluster.Member;
import io.metastore.consensus.Consensus;
import io.metastore.consensus.Faults;
import io.metastore.consensus.Freeable;
import io.metastore.consensus.Leadership;
import io.metastore.consensus.Origins;
import io.metastore.consensus.Unavailable;
import io.metastore.consensus.log.RaftLog;
import io.metastore.consensus.peer.PeerDispatch;
import io.metastore.consensus.peer.PeerMessage;
import io.metastore.consensus.peer.Peers;
import io.metastore.engine.DiskSpace;
import io.metastore.engine.EngineFailure;
import io.metastore.machine.ApplyLoop;
import io.metastore.machine.Replica;
import io.metastore.machine.Replicas;
import io.metastore.machine.StateMachine;
import io.metastore.thread.Threads;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jboss.logging.Logger;

/// Agreement through SOFAJRaft: the only driver of its node. Every option that matters is set here, with its
/// reason.
public final class JraftConsensus implements Consensus, Freeable, AutoCloseable {
    private static final Logger LOG = Logger.getLogger(JraftConsensus.class);
    private static final byte[] NO_CONTEXT = new byte[0];
    private static final long NO_TIME_LIMIT = -1;
    /// How long followers may not know that an entry of this member's own clients is agreed.
    private static final long NOTICE_MS = 10;
    /// How far a member may be behind when it gets a vote.
    private static final long CATCH_UP_ENTRIES = 1_000;

    private static final double IN_SYNC = 0.9;

    private final RaftSettings settings;
    private final Replicas replicas;
    private final Faults faults;
    private final PeerId self;
    private final ApplyAdapter adapter;
    private final DiskMetrics disk = new DiskMetrics();
    private final ReplicationMetrics replication;
    private final DiskSpace space;
    private final SkippedEntries skipped;
    private final ExecutorService snapshots;
    private final Peers peers;
    private final ProposalRouter router;
    private final PeerRpcServer answers;
    private final ScheduledExecutorService clock;
    private final CommitNotice notice;
    private final ElectionHint hint;
    private final Reconfiguration configuration;
    private final Followers followers = new Followers(this::acknowledged, () -> LogIndexes.last(this.node));
    private final Voters voters;
    private Node node;
    private RaftLog log;

    /// @param loops     makes the loop that applies to one generation of the state
    /// @param replicas  what is applied to, and where a leader's snapshot goes
    /// @param peers     the way to other members
    /// @param dispatch  gets the handlers of what other members ask
    /// @param boot      drawn at this start
    /// @param installed told on the apply thread when a leader's snapshot has taken the place of the state
    /// @param space     where log and snapshots find room, or the file in reserve
    /// @throws EngineFailure when the list of skipped entries is damaged or cannot be read
    public JraftConsensus(
            RaftSettings settings,
            Function<StateMachine, ApplyLoop> loops,
            Replicas replicas,
            Faults faults,
            Consumer<Leadership> listener,
            Peers peers,
            PeerDispatch dispatch,
            long boot,
            Consumer<Replica> installed,
            DiskSpace space) {
        this.peers = peers;
        this.space = space;
        this.settings = settings;
        this.replicas = replicas;
        this.faults = faults;
        this.snapshots = Threads.pool("snapshots", 1, new LinkedBlockingQueue<>(), faults);
        this.self = PeerAddress.of(settings.memberId());
        this.skipped = SkippedEntries.read(settings.folder());
        Origins origins = new Origins(settings.memberId(), boot);
        this.router = new ProposalRouter(
                origins, this::leadership, peers, work -> guarded("ending a proposal", work), faults::halt);
        this.replication = new ReplicationMetrics(settings.heartbeatMs());
        this.answers = new PeerRpcServer(replication, faults);
        dispatch.raft(answers);
        dispatch.add(PeerMessage.Kinds.FORWARD, router);
        this.clock = Threads.clock("raft-clock", faults);
        this.notice = new CommitNotice(this::inAMoment);
        this.hint = new ElectionHint(settings, this::votingMembers, peers, this::leadership, clock);
        this.voters = new Voters(settings.memberId());
        this.configuration =
                new Reconfiguration(settings.memberId(), this::table, this::leadership, this::hasCaughtUp, clock);
        dispatch.onEnd(hint::ended);
        this.adapter = new ApplyAdapter(
                loops,
                replicas,
                installed,
                faults,
                trigger(),
                settings,
                leadership -> {
                    listener.accept(leadership);
                    router.leadershipChanged(leadership);
                    hint.leadershipChanged(leadership);
                    configuration.leadershipChanged();
                    if (!leadership.isLeader()) {
                        followers.forget();
                    }
                },
                disk,
                space,
                skipped,
                origins,
                this::applied,
                snapshots);
    }

    private SnapshotTrigger trigger() {
        return new SnapshotTrigger(
                settings.snapshotLogBytes(),
                settings.snapshotCommands(),
                this::snapshotDue,
                settings.followerLogBytes(),
                this::isLogNeeded);
    }

    private void acknowledged(long matched) {
        notice.acknowledged(node, matched);
    }

    private boolean isLogNeeded() {
        return leadership().isLeader() && followers.need(adapter.lastSnapshot(), System.nanoTime());
    }

    private void applied(boolean ofOthers) {
        configuration.applied();
        if (!isAlone() && leadership().isLeader()) {
            notice.applied(node, ofOthers);
        }
    }

    /// Who belongs to the cluster, as agreed; empty while nothing is.
    private List<Member> table() {
        return replicas.get().machine().members().all();
    }

    private List<Long> votingMembers() {
        List<Member> agreed = table();
        return agreed.isEmpty()
                ? settings.voters()
                : agreed.stream()
                        .filter(member -> !member.learner())
                        .map(Member::id)
                        .toList();
    }

    private boolean isAlone() {
        List<Member> agreed = table();
        return agreed.isEmpty() ? settings.soleVoter() : agreed.size() == 1 && !voters.needsOthers(settings.memberId());
    }

    /// Who votes, as far as this member knows for certain; looked at again and again.
    public Voters configured() {
        return voters;
    }

    /// Whether a member can be given a vote without holding up what is agreed.
    private boolean hasCaughtUp(long member) {
        long matched = followers.matched(member, System.nanoTime());
        return matched > 0 && log.last() - matched <= CATCH_UP_ENTRIES;
    }

    @Override
    public boolean isInSync(long member) {
        if (!leadership().isLeader()) {
            throw new Unavailable.LeaderChanged();
        }
        return member == settings.memberId() || followers.matched(member, System.nanoTime()) >= IN_SYNC * log.last();
    }

    @Override
    public boolean hasVote(long member) {
        try {
            voters.look();
            if (!voters.isCertain()) {
                throw new Unavailable.LeaderChanged();
            }
            return configuration.votes(member);
        } catch (IllegalStateException follows) {
            throw new Unavailable.LeaderChanged();
        }
    }

    private void inAMoment(Runnable work) {
        try {
            clock.schedule(work, NOTICE_MS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException _) {
            LOG.debug("stopping, followers hear no more");
        }
    }

    /// Opens the log, replays what the state lacks, and takes part in elections from then on.
    ///
    /// @throws EngineFailure naming the file that is damaged or cannot be read; nothing runs then
    public void start() {
        // JRaft's messages were generated long ago; protobuf would say so once for each of them.
        System.setProperty("com.google.protobuf.use_unsafe_pre22_gencode", "true");
        PartSize.set();
        log = new RaftFiles(
                        settings.folder(),
                        settings.soleVoter(),
                        replicas.state().appliedIndex(),
                        space)
                .open();
        RaftThreads.register(settings.group());
        NodeManager.getInstance().addAddress(self.getEndpoint());
        node = RaftServiceFactory.createRaftNode(settings.group(), self);
        router.start(node);
        LogAdapter adapted = new LogAdapter(log, disk, faults);
        NodeOptions options = options(adapted);
        hint.start(node, options);
        configuration.start(node);
        if (!node.init(options)) {
            adapted.shutdown();
            // A node that did not start cannot be waited for: JRaft would never come back.
            node = null;
            throw new EngineFailure(
                    EngineFailure.Kind.DAMAGED,
                    "the raft log in " + settings.folder()
                            + " cannot be used: it is damaged, or its files belong to another time (see the messages"
                            + " above)",
                    null);
        }
        voters.start((NodeImpl) node, log);
    }

    /// Goes on with this member as the only voter, whoever else has a vote by the log, and makes what it has of the log
    /// agreed. The others must not run: together they may have a majority of their own. Called once, after
    /// [#start], before anybody proposes; the table is to follow.
    ///
    /// @throws EngineFailure when the state has what the log has not: only others know the entries in between
    public void goOnAlone() {
        long applied = replicas.state().appliedIndex();
        if (log.last() < applied) {
            String why = "the raft log in " + settings.folder() + " ends at index " + log.last()
                    + " although the state has applied up to index " + applied
                    + ": this member cannot go on alone, take another one";
            throw new EngineFailure(EngineFailure.Kind.DAMAGED, why, null);
        }
        LOG.warn("force-new-cluster: this member goes on alone with what it has; none of the others may run");
        configuration.force();
        Configuration alone = new Configuration(List.of(self));
        // A sole voter may lead by now, and is not to be disturbed.
        boolean isAlone = ((NodeImpl) node).getCurrentConf().listPeers().equals(alone.listPeers());
        Status reset = isAlone ? Status.OK() : node.resetPeers(alone);
        if (!reset.isOk()) {
            String why = "raft does not go on with one member (" + reset.getErrorMsg() + "): stop the others first";
            throw new EngineFailure(EngineFailure.Kind.INPUT_OUTPUT, why, null);
        }
    }

    private NodeOptions options(LogAdapter log) {
        PeerNodeOptions options = new PeerNodeOptions(peers, followers, replication);
        options.set(settings);
        options.setFsm(adapter);
        options.setServiceFactory(new DurableFiles(log, settings.folder().resolve("meta")));
        return options;
    }

    private void snapshotDue() {
        try {
            snapshots.execute(() -> snapshot(status -> {
                if (!status.isOk() && status.getRaftError() != RaftError.EBUSY) {
                    LOG.warnf("no snapshot taken: %s", status.getErrorMsg());
                }
            }));
        } catch (RejectedExecutionException _) {
            LOG.debug("stopping, no more snapshots");
        }
    }

    private void snapshot(Closure done) {
        if (!hasRoom()) {
            done.run(new Status(RaftError.ECANCELED, "the disk is full"));
            return;
        }
        long asked = System.nanoTime();
        node.snapshot(status -> {
            if (status.isOk()) {
                disk.snapshotTaken(System.nanoTime() - asked);
            }
            guarded("taking a snapshot", () -> done.run(status));
        });
    }

    /// Whether a snapshot may begin. JRaft makes a folder for it first, and takes it for a failed disk, after which it
    /// does nothing more, when that does not fit.
    private boolean hasRoom() {
        try {
            return space.ensureSome();
        } catch (IOException unknown) {
            LOG.warnf("the room for a snapshot is not known: %s", unknown);
            return true;
        }
    }

    @Override
    public long freedBySnapshot() throws IOException {
        return SnapshotFiles.freedByNext(settings.folder());
    }

    @Override
    public void dropSpares() {
        log.dropSpares();
    }

    /// The entries that this member does not apply, for those who have to know of the others'.
    public SkippedEntries skipped() {
        return skipped;
    }

    /// Runs what JRaft calls back: it would log what is thrown, and go on, and who waits would wait for ever.
    private void guarded(String what, Runnable work) {
        try {
            work.run();
        } catch (Throwable fault) {
            faults.halt(what + " failed", fault);
        }
    }

    /// What log and snapshots ask of the disk.
    public DiskMetrics disk() {
        return disk;
    }

    /// What raft's calls tell of other members.
    public ReplicationMetrics replication() {
        return replication;
    }

    /// How many entries each follower lacks, by its last word; nothing when this member does not lead.
    public Map<Long, Long> lag() {
        Leadership now = leadership();
        if (!now.isLeader()) {
            return Map.of();
        }
        Map<Long, Long> lag = replication.reached(now.term());
        long last = log.last();
        lag.replaceAll((_, reached) -> Math.max(0, last - reached));
        return lag;
    }

    @Override
    public void propose(List<byte[]> commands, Pending pending) {
        router.propose(commands, pending);
    }

    private static Unavailable reason(Status status) {
        RaftError error = status.getRaftError();
        return switch (error) {
            case EPERM -> new Unavailable.NoLeader();
            case EBUSY -> new Unavailable.QueueFull();
            case ENODESHUTDOWN, ESHUTDOWN, ESTOP -> new Unavailable.Stopping();
            case ETIMEDOUT, ERAFTTIMEDOUT -> new Unavailable.TimedOut();
            default -> new Unavailable.LeaderChanged();
        };
    }

    @Override
    public void barrier(BarrierCaller caller) {
        // No time limit of JRaft's: its timer would hold every round, with all its reads and what they answered, for
        // the two seconds of the limit, whether it has ended or not. The read barrier gives up late rounds itself.
        ReadIndexClosure end = new ReadIndexClosure(NO_TIME_LIMIT) {
            @Override
            public void run(Status status, long index, byte[] context) {
                guarded("ending a read barrier", () -> {
                    if (status.isOk()) {
                        caller.passed();
                    } else {
                        caller.failed(reason(status));
                    }
                });
            }
        };
        try {
            node.readIndex(NO_CONTEXT, end);
        } catch (IllegalStateException shutDown) {
            caller.failed(new Unavailable.Stopping());
        }
    }

    @Override
    public void transfer(long member) {
        Status status = node.transferLeadershipTo(PeerAddress.of(member));
        if (!status.isOk()) {
            LOG.infof("leadership is not handed to member %x: %s", member, status.getErrorMsg());
            throw reason(status);
        }
    }

    /// Lets the member that is furthest lead, when this one does and is not alone. Returns once it does not lead any
    /// more,
    /// or after an election timeout.
    public void handOver() throws InterruptedException {
        if (isAlone() || node == null || !leadership().isLeader()) {
            return;
        }
        Status status = node.transferLeadershipTo(PeerId.ANY_PEER);
        if (!status.isOk()) {
            LOG.infof("leadership is not handed over: %s", status.getErrorMsg());
            return;
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(settings.electionMs());
        while (leadership().leader() == settings.memberId() && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }

    @Override
    public Leadership leadership() {
        return adapter.leadership();
    }

    @Override
    public long committedIndex() {
        return Math.max(LogIndexes.committed(node), replicas.state().appliedIndex());
    }

    /// JRaft counts a chunk only after its callers have been answered; whoever was answered must find its entry
    /// counted.
    @Override
    public long appliedIndex() {
        return Math.max(LogIndexes.applied(node), replicas.state().appliedIndex());
    }

    /// Takes a snapshot now and waits for it.
    public void snapshot() throws InterruptedException {
        Status status = awaitSnapshot();
        if (!status.isOk()) {
            throw new IllegalStateException("no snapshot taken: " + status.getErrorMsg());
        }
    }

    @Override
    public void snapshotForRoom() throws InterruptedException {
        Status status = awaitSnapshot();
        if (!status.isOk() && status.getRaftError() != RaftError.EBUSY) {
            LOG.warnf("no snapshot taken: %s", status.getErrorMsg());
        }
    }

    private Status awaitSnapshot() throws InterruptedException {
        var taken = new java.util.concurrent.ArrayBlockingQueue<Status>(1);
        snapshot(taken::add);
        return taken.take();
    }

    /// A snapshot that is being written is written to its end: JRaft waits for it.
    @Override
    public void close() throws InterruptedException {
        router.close();
        clock.shutdownNow();
        if (node != null) {
            node.shutdown();
            node.join();
            answers.close();
            NodeManager.getInstance().removeAddress(self.getEndpoint());
        }
        router.nodeStopped();
        snapshots.shutdown();
        LOG.debugf("raft node %s has stopped", self);
    }
}
