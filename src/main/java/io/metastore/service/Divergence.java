package io.metastore.service;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.metastore.cluster.Alarm;
import io.metastore.cluster.Alarms;
import io.metastore.cluster.Member;
import io.metastore.cluster.Members;
import io.metastore.consensus.peer.SignOfLife;
import io.metastore.consensus.peer.wire.Sign;
import io.metastore.machine.AppliedHashes;
import io.metastore.machine.AppliedHashes.At;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/// Finds out within a second or two that the states of two members have gone apart: each tells the others how far it
/// has
/// applied the log, and the running hash of all that it has applied by then.
///
/// | voters that differ from this member | what it does |
/// |---|---|
/// | none | nothing |
/// | a majority | it is the one that is wrong, and stops |
/// | fewer, and a majority agrees with it | it goes on; when it leads, it raises an alarm that names those |
/// | of four two, of two one | nobody can tell who is right; when it leads, the alarm stops writes everywhere, as
/// etcd's |
///
/// Of five members of which one is wrong, only that one finds three that differ from it.
public final class Divergence implements SignOfLife {
    /// From which on all members know the alarm of one that has stopped.
    private static final int FEATURE_LEVEL = 4;

    private static final Logger LOG = Logger.getLogger(Divergence.class);

    private final long self;
    private final Supplier<AppliedHashes> hashes;
    private final Supplier<Members> members;
    private final Supplier<Alarms> alarms;
    private final BooleanSupplier leads;
    private final Consumer<Alarm> raise;
    private final Consumer<String> wrong;

    private final Map<Long, Standing> standings = new ConcurrentHashMap<>();
    private final AtomicBoolean stopped = new AtomicBoolean();

    /// How another member compares with this one, by the newest entry for which that is known.
    private record Standing(long index, boolean equal) {}

    /// @param hashes of the newest generation of the state
    /// @param raise  raises an alarm that is not raised; asked again each second until it is
    /// @param wrong  told once, when this member is the one that is wrong: it must serve nobody any more, and the
    ///               others are to hear of it
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
    public ByteString said() {
        return hashes.get()
                .newest()
                .map(at -> Sign.newBuilder()
                        .setMember(self)
                        .setApplied(at.index())
                        .setHash(at.hash())
                        .build()
                        .toByteString())
                .orElse(ByteString.EMPTY);
    }

    @Override
    public void heard(long member, ByteString said) {
        Sign sign;
        try {
            sign = Sign.parseFrom(said);
        } catch (InvalidProtocolBufferException unreadable) {
            LOG.debugf(unreadable, "member %x says what nobody can read", member);
            return;
        }
        if (sign.getMember() == member) {
            heard(member, new At(sign.getApplied(), sign.getHash()));
        }
    }

    void heard(long member, At at) {
        switch (hashes.get().compare(at)) {
            case UNKNOWN -> {}
            case EQUAL -> {
                standings.put(member, new Standing(at.index(), true));
                if (differing() > 0) {
                    // The one that differs may have ended meanwhile.
                    judge();
                }
            }
            case DIFFERENT -> {
                Standing before = standings.put(member, new Standing(at.index(), false));
                if (before == null || before.equal()) {
                    LOG.errorf(
                            "the state of member %x differs from this member's behind entry %d of the raft log%s",
                            member,
                            at.index(),
                            before == null ? "" : ", they were equal behind entry " + before.index());
                }
                judge();
            }
        }
    }

    /// Other members whose state is known to differ from this one's.
    public long differing() {
        return standings.values().stream().filter(standing -> !standing.equal()).count();
    }

    private void judge() {
        Members now = members.get();
        List<Long> voters = now.all().stream()
                .filter(member -> !member.learner())
                .map(Member::id)
                .toList();
        long majority = voters.size() / 2 + 1;
        List<Long> differ =
                now.all().stream().map(Member::id).filter(this::differs).toList();
        long against = differ.stream().filter(voters::contains).count();
        long apart =
                differ.stream().mapToLong(id -> standings.get(id).index()).min().orElse(Long.MAX_VALUE);
        long with = voters.stream()
                .filter(id -> id == self || agreesSince(id, apart))
                .count();
        if (against >= majority) {
            if (stopped.compareAndSet(false, true)) {
                wrong.accept("the state of this member differs from that of " + against + " of " + voters.size()
                        + " voters behind entry " + apart + " of the raft log");
            }
        } else if (leads.getAsBoolean()) {
            if (with >= majority && now.allKnow(FEATURE_LEVEL)) {
                differ.forEach(id -> raise(new Alarm(id, Alarm.Type.DIVERGED)));
            } else if (with + against == voters.size() && with < majority) {
                differ.forEach(id -> raise(new Alarm(id, Alarm.Type.CORRUPT)));
            }
        }
    }

    private boolean differs(long id) {
        Standing standing = standings.get(id);
        return standing != null && !standing.equal();
    }

    private boolean agreesSince(long id, long index) {
        Standing standing = standings.get(id);
        return standing != null && standing.equal() && standing.index() >= index;
    }

    private void raise(Alarm alarm) {
        if (!alarms.get().raised().contains(alarm)) {
            raise.accept(alarm);
        }
    }
}
