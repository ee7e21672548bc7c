package io.metastore.cluster;

import io.metastore.engine.Cursor;
import io.metastore.engine.Reads;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import io.metastore.mvcc.CorruptRow;
import io.metastore.mvcc.RowReader;
import io.metastore.mvcc.RowWriter;
import io.metastore.value.StoreError;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Who belongs to the cluster, as agreed. Changed on the apply thread; an immutable copy is published for
/// readers.
public final class Members {
    private static final byte FORMAT = 4;
    private static final byte VOTER = 0;
    private static final byte LEARNER = 1;
    private static final byte REMOVED = 2;

    private volatile List<Member> members;
    private volatile Map<Long, List<String>> removed;

    public Members(Reads reads) {
        List<Member> found = new ArrayList<>();
        Map<Long, List<String>> gone = new HashMap<>();
        try (Cursor rows = reads.cursor(Table.MEMBERS, new byte[0], null)) {
            while (rows.next()) {
                RowReader key = new RowReader("the key of a member", rows.key());
                long id = key.fixed();
                key.end();
                decode(id, rows.value()).ifPresentOrElse(found::add, () -> gone.put(id, addresses(id, rows.value())));
            }
        }
        members = sorted(found);
        removed = Collections.unmodifiableMap(gone);
    }

    /// In ascending order of their ids (CLU-02).
    public List<Member> all() {
        return members;
    }

    public Optional<Member> find(long id) {
        return members.stream().filter(member -> member.id() == id).findFirst();
    }

    /// Those who were members and never will be again: their ids, and the peer addresses that they had last, since raft
    /// may need the vote of one still. An immutable copy, as of now.
    public Map<Long, List<String>> removed() {
        return removed;
    }

    /// Why a change is not allowed, by etcd's rules and in their order: with `strict`, enough voters have started
    /// (CLU-10, CLU-12, CLU-17); then ids, addresses and learners are as they have to be (CLU-06 to CLU-08, CLU-14,
    /// CLU-15). Any thread may ask; what holds is what the apply thread finds.
    public Optional<StoreError> refusal(MemberChange change) {
        return tooFewStarted(change) ? Optional.of(StoreError.TOO_FEW_MEMBERS_STARTED) : misfit(change);
    }

    /// Whether too few voters have started for a strict change.
    public boolean tooFewStarted(MemberChange change) {
        return switch (change) {
            case MemberChange.Add add -> {
                int started = started(0);
                int enlarged = voters(0) + 1;
                // One member alone may take a second one in.
                yield add.strict() && !add.learner() && !(started == 1 && enlarged == 2) && started < quorum(enlarged);
            }
            case MemberChange.Remove remove -> {
                int others = voters(remove.id());
                // The only voter stays in any case: nobody would be left to agree on anything.
                yield find(remove.id()).isPresent()
                        && !isLearner(remove.id())
                        && (others == 0 || remove.strict() && started(remove.id()) < quorum(others));
            }
            case MemberChange.Update _ -> false;
            case MemberChange.Promote promote -> promote.strict() && started(0) + 1 < quorum(voters(0) + 1);
        };
    }

    private Optional<StoreError> misfit(MemberChange change) {
        Optional<Member> known = find(change.id());
        return switch (change) {
            case MemberChange.Add add -> {
                if (removed.containsKey(add.id())) {
                    yield Optional.of(StoreError.MEMBER_NOT_FOUND);
                }
                if (known.isPresent()) {
                    yield Optional.of(StoreError.MEMBER_EXISTS);
                }
                if (isTaken(add.peerUrls(), add.id())) {
                    yield Optional.of(StoreError.PEER_URL_EXISTS);
                }
                long learners = members.stream().filter(Member::learner).count();
                yield add.learner() && learners >= add.learnersMax()
                        ? Optional.of(StoreError.TOO_MANY_LEARNERS)
                        : Optional.empty();
            }
            case MemberChange.Remove _ -> known.isEmpty() ? Optional.of(StoreError.MEMBER_NOT_FOUND) : Optional.empty();
            case MemberChange.Update update -> {
                if (known.isEmpty()) {
                    yield Optional.of(StoreError.MEMBER_NOT_FOUND);
                }
                yield isTaken(update.peerUrls(), update.id())
                        ? Optional.of(StoreError.PEER_URL_EXISTS)
                        : Optional.empty();
            }
            case MemberChange.Promote _ -> {
                if (known.isEmpty()) {
                    yield Optional.of(StoreError.MEMBER_NOT_FOUND);
                }
                yield known.get().learner() ? Optional.empty() : Optional.of(StoreError.MEMBER_NOT_LEARNER);
            }
        };
    }

    private boolean isTaken(List<String> urls, long by) {
        return members.stream()
                .filter(member -> member.id() != by)
                .anyMatch(member -> !Collections.disjoint(member.peerUrls(), urls));
    }

    /// Whether the programs of all members that have started know what came with feature level `level`.
    public boolean allKnow(int level) {
        return members.stream().noneMatch(member -> member.hasStarted() && member.featureLevel() < level);
    }

    /// Whether there is such a member, without a vote.
    public boolean isLearner(long id) {
        return find(id).map(Member::learner).orElse(false);
    }

    private int voters(long except) {
        return (int) members.stream()
                .filter(member -> !member.learner() && member.id() != except)
                .count();
    }

    private int started(long except) {
        return (int) members.stream()
                .filter(member -> !member.learner() && member.id() != except && member.hasStarted())
                .count();
    }

    private static int quorum(int voters) {
        return voters / 2 + 1;
    }

    /// Makes a change that is allowed.
    public void change(MemberChange change, WriteBatch batch) {
        switch (change) {
            case MemberChange.Add add -> put(Member.unstarted(add.id(), add.peerUrls(), add.learner()), batch);
            case MemberChange.Remove remove -> remove(remove.id(), batch);
            case MemberChange.Update update -> {
                Member known = find(update.id()).orElseThrow();
                put(known.with(update.peerUrls(), known.learner()), batch);
            }
            case MemberChange.Promote promote -> {
                Member known = find(promote.id()).orElseThrow();
                put(known.with(known.peerUrls(), false), batch);
            }
        }
    }

    private void remove(long id, WriteBatch batch) {
        List<String> addresses = find(id).orElseThrow().peerUrls();
        byte[] row = new byte[2 + sizeOf(addresses)];
        write(new RowWriter(row, 0).tag(FORMAT).tag(REMOVED), addresses);
        batch.put(Table.MEMBERS, key(id), row);
        Map<Long, List<String>> gone = new HashMap<>(removed);
        gone.put(id, addresses);
        removed = Collections.unmodifiableMap(gone);
        members = members.stream().filter(member -> member.id() != id).toList();
    }

    private static List<String> addresses(long id, byte[] removed) {
        RowReader in = new RowReader("the row of member " + Long.toHexString(id), removed).format(FORMAT);
        in.tag();
        List<String> addresses = texts(in);
        in.end();
        return addresses;
    }

    private static byte[] key(long id) {
        byte[] key = new byte[Long.BYTES];
        new RowWriter(key, 0).fixed(id);
        return key;
    }

    /// Enters `member`, in place of an earlier entry with its id.
    public void put(Member member, WriteBatch batch) {
        List<Member> next = new ArrayList<>(members);
        next.removeIf(other -> other.id() == member.id());
        next.add(member);
        batch.put(Table.MEMBERS, key(member.id()), encode(member));
        members = sorted(next);
    }

    /// Notes what a member says of itself. Does nothing when there is no such member, or it runs on another data
    /// directory than the one that is known.
    public void publish(
            long id,
            String name,
            List<String> clientUrls,
            Incarnation incarnation,
            int featureLevel,
            WriteBatch batch) {
        for (Member known : members) {
            if (known.id() == id && known.incarnation().admits(incarnation)) {
                put(
                        new Member(id, name, known.peerUrls(), clientUrls, known.learner(), incarnation, featureLevel),
                        batch);
            }
        }
    }

    private static List<Member> sorted(List<Member> members) {
        return members.stream()
                .sorted(Comparator.comparing(Member::id, Long::compareUnsigned))
                .toList();
    }

    /// Format (1 byte), what it is (1 byte: 0 a voter, 1 a learner, 2 removed, with its peer URLs alone), name, peer
    /// URLs
    /// and client URLs (each behind how many there are), number of the incarnation, its directory (8 bytes),
    /// feature level; texts in UTF-8 behind their length.
    static byte[] encode(Member member) {
        Incarnation incarnation = member.incarnation();
        byte[] row = new byte
                [1
                        + 1
                        + sizeOf(member.name())
                        + sizeOf(member.peerUrls())
                        + sizeOf(member.clientUrls())
                        + RowWriter.sizeOf(incarnation.number())
                        + Long.BYTES
                        + RowWriter.sizeOf(member.featureLevel())];
        RowWriter out = new RowWriter(row, 0)
                .tag(FORMAT)
                .tag(member.learner() ? LEARNER : VOTER)
                .bytes(utf8(member.name()));
        write(out, member.peerUrls());
        write(out, member.clientUrls());
        out.number(incarnation.number()).fixed(incarnation.directory()).number(member.featureLevel());
        return row;
    }

    /// A row's member, empty when it was removed.
    static Optional<Member> decode(long id, byte[] row) {
        RowReader in = new RowReader("the row of member " + Long.toHexString(id), row).format(FORMAT);
        byte role = in.tag();
        if (role == REMOVED) {
            return Optional.empty();
        }
        if (role != VOTER && role != LEARNER) {
            throw new CorruptRow("member " + Long.toHexString(id) + " has the unknown role " + role);
        }
        Member member = new Member(
                id,
                text(in),
                texts(in),
                texts(in),
                role == LEARNER,
                new Incarnation(in.count(), in.fixed()),
                in.count());
        in.end();
        return Optional.of(member);
    }

    private static int sizeOf(String text) {
        return RowWriter.sizeOfBytes(utf8(text).length);
    }

    private static int sizeOf(List<String> texts) {
        return RowWriter.sizeOf(texts.size())
                + texts.stream().mapToInt(Members::sizeOf).sum();
    }

    private static void write(RowWriter out, List<String> texts) {
        out.number(texts.size());
        for (String text : texts) {
            out.bytes(utf8(text));
        }
    }

    private static List<String> texts(RowReader in) {
        int count = in.count();
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(text(in));
        }
        return List.copyOf(texts);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(RowReader in) {
        return new String(in.bytes(), StandardCharsets.UTF_8);
    }
}
