package io.metastore.cluster;

import io.metastore.engine.Cursor;
import io.metastore.engine.Reads;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import io.metastore.mvcc.RowReader;
import io.metastore.mvcc.RowWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Who belongs to the cluster, as agreed. Changed on the apply thread; an immutable copy is published for
/// readers.
public final class Members {
    private static final byte FORMAT = 3;

    private volatile List<Member> members;

    public Members(Reads reads) {
        List<Member> found = new ArrayList<>();
        try (Cursor rows = reads.cursor(Table.MEMBERS, new byte[0], null)) {
            while (rows.next()) {
                RowReader id = new RowReader("the key of a member", rows.key());
                found.add(decode(id.fixed(), rows.value()));
                id.end();
            }
        }
        members = sorted(found);
    }

    /// In ascending order of their ids (CLU-02).
    public List<Member> all() {
        return members;
    }

    /// Enters `member`, in place of an earlier entry with its id.
    public void put(Member member, WriteBatch batch) {
        List<Member> next = new ArrayList<>(members);
        next.removeIf(other -> other.id() == member.id());
        next.add(member);
        byte[] id = new byte[Long.BYTES];
        new RowWriter(id, 0).fixed(member.id());
        batch.put(Table.MEMBERS, id, encode(member));
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

    /// Format (1 byte), name, peer URLs and client URLs (each behind how many there are), whether it is a
    /// learner (1 byte), number of the incarnation, its directory (8 bytes), feature level; texts in UTF-8 behind
    /// their length.
    static byte[] encode(Member member) {
        Incarnation incarnation = member.incarnation();
        byte[] row = new byte
                [1
                        + sizeOf(member.name())
                        + sizeOf(member.peerUrls())
                        + sizeOf(member.clientUrls())
                        + 1
                        + RowWriter.sizeOf(incarnation.number())
                        + Long.BYTES
                        + RowWriter.sizeOf(member.featureLevel())];
        RowWriter out = new RowWriter(row, 0).tag(FORMAT).bytes(utf8(member.name()));
        write(out, member.peerUrls());
        write(out, member.clientUrls());
        out.tag((byte) (member.learner() ? 1 : 0))
                .number(incarnation.number())
                .fixed(incarnation.directory())
                .number(member.featureLevel());
        return row;
    }

    static Member decode(long id, byte[] row) {
        RowReader in = new RowReader("the row of member " + Long.toHexString(id), row).format(FORMAT);
        Member member = new Member(
                id, text(in), texts(in), texts(in), in.tag() != 0, new Incarnation(in.count(), in.fixed()), in.count());
        in.end();
        return member;
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
