package io.metastore.service;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.metastore.cluster.Alarm;
import io.metastore.cluster.Alarms;
import io.metastore.cluster.Member;
import io.metastore.cluster.Members;
import io.metastore.consensus.peer.SignOfLife;
import io.metastore.consensus.peer.wire.Point;
import io.metastore.consensus.peer.wire.Sign;
import io.metastore.machine.AppliedHashes;
import io.metastore.machine.AppliedHashes.At;
import io.metastore.mvcc.RunningHash;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/// Finds out within a second or two that the states of members have gone apart. Each member asks the others
/// once a second for the running hashes that they had behind its own last entry, and behind the one that was
/// its last a second ago, since one that follows may not have come further. The hashes behind one entry are a
/// vote on what the state is there.
///
/// | voters with one hash behind the entry | what this member does |
/// |---|---|
/// | a majority, with its own | it goes on; when it leads, an alarm names those with another |
/// | a majority, with another than its own | it is the one that is wrong, and ends |
/// | no majority, and all have answered | nobody can tell; when it leads, an alarm stops all writes |
/// | no majority yet | nothing |
///
/// One that ends says so to the others before, so that the leader can name it who may not have heard of it.
///
/// Any thread calls.
public final class Divergence implements SignOfLife {
    /// From which on all members know the alarm of one that has ended.
    private static final int FEATURE_LEVEL = 4;

    private static final Logger LOG = Logger.getLogger(Divergence.class);

    private final long self;
    private final Supplier<AppliedHashes> hashes;
    private final Supplier<Members> members;
    private final Supplier<Alarms> alarms;
    private final BooleanSupplier leads;
    private final Consumer<Alarm> raise;
    private final Consumer<String> wrong;

    // Guarded by this.
    private Optional<At> lastAsked = Optional.empty();
    /// Of the entries that are asked about now, by their index.
    private final Map<Long, Vote> votes = new HashMap<>();
    /// Others whose last answer was another hash than this member's.
    private final Set<Long> differing = new HashSet<>();
    /// Others that have said that they are wrong.
    private final Set<Long> ended = new HashSet<>();
    /// Where this member differs from a majority.
    private Optional<At> outvoted = Optional.empty();

    /// What members have behind an entry.
    ///
    /// @param own    hash of this member
    /// @param others hash by member
    private record Vote(long index, long own, Map<Long, Long> others) {}

    /// @param hashes of the newest generation of the state
    /// @param raise  raises an alarm that is not raised; asked again each second until it is
    /// @param wrong  told once, when this member is the one that is wrong: the others are to hear of it in one more
    ///     round, then it is to end
    public Divergence(
            long self,
            Supplier<AppliedHashes> hashes,
            Supplier<Members> members,
            Supplier<Alarms> alarms,
            BooleanSupplier leads,
            Consumer<Alarm> raise,
            Consumer<String> wrong) {
        this.self = self;
        this.hashes = hashes;
        this.members = members;
        this.alarms = alarms;
        this.leads = leads;
        this.raise = raise;
        this.wrong = wrong;
    }

    @Override
    public ByteString asks() {
        Optional<At> newest = hashes.get().newest();
        Sign.Builder sign = Sign.newBuilder().setMember(self).setHashVersion(RunningHash.VERSION);
        List<Runnable> then = new ArrayList<>();
        synchronized (this) {
            Set<At> points = new HashSet<>();
            lastAsked.ifPresent(points::add);
            newest.ifPresent(points::add);
            lastAsked = newest;
            votes.clear();
            for (At point : points) {
                votes.put(point.index(), new Vote(point.index(), point.hash(), new HashMap<>()));
                sign.addPoints(point(point));
            }
            outvoted.ifPresent(at -> sign.setDiffers(point(at)));
            then.addAll(namedByOthers());
            ended.forEach(id -> then.addAll(named(id, Alarm.Type.DIVERGED)));
        }
        then.forEach(Runnable::run);
        return sign.build().toByteString();
    }

    private static Point point(At at) {
        return Point.newBuilder().setIndex(at.index()).setHash(at.hash()).build();
    }

    /// A majority may have named this member that it does not reach itself.
    private List<Runnable> namedByOthers() {
        boolean named = alarms.get().raised().contains(new Alarm(self, Alarm.Type.DIVERGED));
        return named && !differing.isEmpty() && lastAsked.isPresent()
                ? stops(lastAsked.get(), "the others say that it differs from that of a majority")
                : List.of();
    }

    @Override
    public ByteString answers(long member, ByteString asked) {
        Optional<Sign> sign = read(member, asked);
        if (sign.isEmpty()) {
            return ByteString.EMPTY;
        }
        AppliedHashes own = hashes.get();
        if (sign.get().hasDiffers() && isOther(own, sign.get().getDiffers())) {
            synchronized (this) {
                ended.add(member);
            }
        }
        Sign.Builder answer = Sign.newBuilder().setMember(self).setHashVersion(RunningHash.VERSION);
        for (Point point : sign.get().getPointsList()) {
            own.after(point.getIndex()).ifPresent(hash -> answer.addPoints(point(new At(point.getIndex(), hash))));
        }
        return answer.build().toByteString();
    }

    private static boolean isOther(AppliedHashes own, Point point) {
        return own.after(point.getIndex()).stream().anyMatch(hash -> hash != point.getHash());
    }

    @Override
    public void heard(long member, ByteString answer) {
        Optional<Sign> sign = read(member, answer);
        if (sign.isEmpty()) {
            return;
        }
        List<Runnable> then = new ArrayList<>();
        synchronized (this) {
            for (Point point : sign.get().getPointsList()) {
                Vote vote = votes.get(point.getIndex());
                if (vote != null) {
                    vote.others().put(member, point.getHash());
                    note(member, vote, point.getHash());
                    then.addAll(judge(vote));
                }
            }
        }
        then.forEach(Runnable::run);
    }

    /// What a member of this version says of itself, nothing when it is not that.
    private static Optional<Sign> read(long member, ByteString said) {
        try {
            Sign sign = Sign.parseFrom(said);
            return sign.getMember() == member && sign.getHashVersion() == RunningHash.VERSION
                    ? Optional.of(sign)
                    : Optional.empty();
        } catch (InvalidProtocolBufferException unreadable) {
            LOG.debugf(unreadable, "member %x says what nobody can read", member);
            return Optional.empty();
        }
    }

    private void note(long member, Vote vote, long hash) {
        if (hash == vote.own()) {
            differing.remove(member);
        } else if (differing.add(member)) {
            LOG.errorf(
                    "the state of member %x differs from this member's, found behind entry %d of the raft log",
                    member, vote.index());
        }
    }

    /// Other members of the cluster whose state is known to differ from this one's.
    public synchronized long differing() {
        return members.get().all().stream()
                .filter(member -> differing.contains(member.id()))
                .count();
    }

    private List<Runnable> judge(Vote vote) {
        Members now = members.get();
        List<Long> voters = now.all().stream()
                .filter(member -> !member.learner())
                .map(Member::id)
                .toList();
        long majority = voters.size() / 2 + 1;
        Map<Long, Long> counts = voters.stream()
                .map(id -> hashOf(id, vote))
                .flatMap(Optional::stream)
                .collect(Collectors.groupingBy(hash -> hash, Collectors.counting()));
        Optional<Long> agreed = counts.entrySet().stream()
                .filter(count -> count.getValue() >= majority)
                .map(Map.Entry::getKey)
                .findFirst();
        if (agreed.isPresent() && agreed.get() != vote.own()) {
            return stops(
                    new At(vote.index(), vote.own()),
                    "it differs from that of " + counts.get(agreed.get()) + " of " + voters.size() + " voters");
        }
        boolean all = counts.values().stream().mapToLong(Long::longValue).sum() == voters.size();
        if (agreed.isEmpty() && !all) {
            return List.of();
        }
        List<Runnable> then = new ArrayList<>();
        for (Member other : now.all()) {
            if (hashOf(other.id(), vote).filter(hash -> hash != vote.own()).isPresent()) {
                then.addAll(named(other.id(), agreed.isPresent() ? Alarm.Type.DIVERGED : Alarm.Type.CORRUPT));
            }
        }
        return then;
    }

    private Optional<Long> hashOf(long id, Vote vote) {
        return id == self
                ? Optional.of(vote.own())
                : Optional.ofNullable(vote.others().get(id));
    }

    private List<Runnable> stops(At at, String why) {
        if (outvoted.isPresent()) {
            return List.of();
        }
        outvoted = Optional.of(at);
        return List.of(() -> wrong.accept("the state of this member is wrong: " + why + ", found behind entry "
                + at.index() + " of the raft log"));
    }

    /// Raises an alarm for a member, if this one leads and it is not raised.
    private List<Runnable> named(long member, Alarm.Type type) {
        Members now = members.get();
        Alarm alarm = new Alarm(member, type);
        boolean known = type != Alarm.Type.DIVERGED || now.allKnow(FEATURE_LEVEL);
        return outvoted.isEmpty()
                        && leads.getAsBoolean()
                        && known
                        && now.find(member).isPresent()
                        && !alarms.get().raised().contains(alarm)
                ? List.of(() -> raise.accept(alarm))
                : List.of();
    }
}
