package io.metastore.server;

import io.metastore.cluster.Identity;
import io.metastore.cluster.Incarnation;
import io.metastore.cluster.Member;
import io.metastore.cluster.Members;
import io.metastore.consensus.jraft.RaftSettings;
import io.metastore.consensus.peer.PeerIdentity;
import io.metastore.consensus.peer.PeerTable;
import io.metastore.consensus.peer.grpc.MembersCall;
import io.metastore.engine.DiskSpace;
import io.metastore.machine.Command;
import io.metastore.server.tls.TlsFailure;
import java.net.URI;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/// Who this member is, and who belongs to its cluster as far as is known at its start.
///
/// ```
/// data directory   initial-cluster-state   the member
/// a member's       any                     is that one; what initial-cluster says is not looked at any more
/// empty            new                     founds the cluster with the others of initial-cluster
/// empty            existing                asks the members that initial-cluster names who it is, and joins them
/// ```
final class Belonging {
    private static final Logger LOG = Logger.getLogger(Belonging.class);
    /// Between two snapshots, however small the file system is.
    private static final long LEAST_LOG_BYTES = 16L << 20;

    private final IdentityFile.Owner owner;
    private final Founders founders;
    private final KnownMembers known;

    private Belonging(IdentityFile.Owner owner, Founders founders, KnownMembers known) {
        this.owner = owner;
        this.founders = founders;
        this.known = known;
    }

    /// Looks at the data directory, and asks the cluster when there is none yet and it is to be joined. This waits for
    /// somebody to answer.
    ///
    /// @throws StartFailure when the directory is another's, or the cluster does not know this member
    static Belonging find(EffectiveConfig config, DataDirectory directory) throws TlsFailure {
        Founders founders = Founders.of(config);
        boolean existing = config.keys().cluster().initialClusterState().equals("existing");
        Optional<IdentityFile.Owner> owner = IdentityFile.find(directory);
        // What lies there without an owner is of a start that came to no end.
        KnownMembers known = owner.isPresent() ? KnownMembers.in(directory) : KnownMembers.none(directory);
        if (owner.isPresent()) {
            if (!owner.get().joined() && !existing) {
                check(owner.get().identity(), founders, known.all());
            }
            return new Belonging(owner.get(), founders, known);
        }
        if (!existing) {
            return new Belonging(IdentityFile.mark(directory, founders.identity(), false), founders, known);
        }
        Joining.Found found = Joining.ask(config);
        // Whoever finds the identity finds the others, too.
        known.remember(found.members());
        return new Belonging(IdentityFile.mark(directory, found.identity(), true), founders, known);
    }

    /// Refuses a start line that makes another member of this one.
    private static void check(Identity own, Founders founders, List<Member> known) {
        Identity configured = founders.identity();
        if (configured.equals(own)) {
            return;
        }
        if (configured.memberId() == own.memberId() && known.size() > 0) {
            LOG.info("initial-cluster has changed, and is not looked at any more: the members are those agreed on");
            return;
        }
        throw new StartFailure(
                ExitStatus.FOREIGN,
                "the data directory belongs to member " + Long.toHexString(own.memberId()) + " of cluster "
                        + Long.toHexString(own.clusterId()) + ", but the configuration makes this member "
                        + Long.toHexString(configured.memberId()) + " of cluster "
                        + Long.toHexString(configured.clusterId())
                        + ": check initial-cluster, initial-advertise-peer-urls and initial-cluster-token, or choose"
                        + " another data-dir; if the member's peer addresses were changed with etcdctl member update,"
                        + " start it with initial-cluster-state existing",
                null);
    }

    Identity identity() {
        return owner.identity();
    }

    Incarnation incarnation() {
        return owner.incarnation();
    }

    /// Those that the cluster was founded with, when this member is one of them.
    List<Member> founders() {
        return owner.joined() ? List.of() : founders.members();
    }

    /// How this member introduces itself from this start on.
    PeerIdentity introduction() {
        return new PeerIdentity(
                identity().clusterId(),
                identity().memberId(),
                incarnation(),
                new SecureRandom().nextLong(),
                PeerIdentity.FEATURE_LEVEL);
    }

    /// What this member makes known of itself.
    Command.MemberPublish publish(EffectiveConfig config) {
        return new Command.MemberPublish(
                identity().memberId(),
                config.keys().member().name(),
                config.keys().listen().advertiseClientUrls().stream()
                        .map(URI::toString)
                        .toList(),
                incarnation(),
                PeerIdentity.FEATURE_LEVEL);
    }

    /// What raft needs to know of this member.
    RaftSettings raft(EffectiveConfig config, DataDirectory directory, DiskSpace disk, Members agreed) {
        ServerConfig keys = config.keys();
        return new RaftSettings(
                // JRaft wants a name that begins with a letter.
                "cluster-" + Long.toHexString(identity().clusterId()),
                identity().memberId(),
                firstVoters(agreed),
                directory.raft(),
                Math.toIntExact(keys.member().electionTimeout().toMillis()),
                Math.toIntExact(keys.member().heartbeatInterval().toMillis()),
                // On a small file system the log keeps to a small part of it.
                Math.min(keys.snapshot().logBytes(), Math.max(LEAST_LOG_BYTES, disk.total() / 16)),
                config.snapshotCount().orElse(0),
                // Behind a follower the log may take some of the disk, and leaves most of it to the state.
                Math.min(keys.snapshot().followerLogBytes(), disk.total() / 8));
    }

    /// The voters that raft begins with where its log names none: those of the foundation. A log that names none is
    /// empty for a member that joined, or follows what others founded, and then the leader says who votes.
    private List<Long> firstVoters(Members agreed) {
        boolean asFounded = agreed.removed().isEmpty()
                && (agreed.all().isEmpty() || ids(agreed.all()).equals(ids(founders.members())));
        return asFounded ? founders().stream().map(Member::id).toList() : List.of();
    }

    private static Set<Long> ids(List<Member> members) {
        return Set.copyOf(members.stream().map(Member::id).toList());
    }

    /// Writes down who belongs to the cluster.
    void remember(Members agreed) {
        known.remember(agreed.all());
    }

    /// Who the members are as agreed; as last known, or as configured, while nothing is agreed yet.
    List<Member> members(Members agreed) {
        if (!agreed.all().isEmpty()) {
            return agreed.all();
        }
        return known.all().isEmpty() ? founders.members() : known.all();
    }

    /// What one that is to join is told.
    MembersCall.Answer answer(Members agreed, long applied) {
        return new MembersCall.Answer(
                identity().clusterId(), members(agreed), agreed.removed().keySet(), applied);
    }

    /// Who the other members are and where they are reached. Those who were removed are among them as long as they may
    /// have a vote.
    ///
    /// @param voteless whether a member certainly has no vote
    PeerTable table(Supplier<Members> agreed, LongPredicate voteless) {
        return new PeerTable() {
            @Override
            public Map<Long, Known> members() {
                Members now = agreed.get();
                Map<Long, Known> reached = reached(now);
                now.removed().forEach((id, urls) -> {
                    if (!voteless.test(id)) {
                        reached.put(id, new Known(dialed(urls), Incarnation.UNKNOWN));
                    }
                });
                return reached;
            }

            @Override
            public Set<Long> removed() {
                return agreed.get().removed().keySet().stream()
                        .filter(voteless::test)
                        .collect(Collectors.toSet());
            }
        };
    }

    private static List<URI> dialed(List<String> urls) {
        return urls.stream().map(Urls::dialed).flatMap(Optional::stream).toList();
    }

    private Map<Long, PeerTable.Known> reached(Members agreed) {
        Map<Long, PeerTable.Known> table = new HashMap<>();
        for (Member member : members(agreed)) {
            table.put(member.id(), new PeerTable.Known(dialed(member.peerUrls()), member.incarnation()));
        }
        return table;
    }
}
