package io.metastore.cluster;

import io.metastore.engine.Cursor;
import io.metastore.engine.Reads;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import io.metastore.mvcc.CorruptRow;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Who belongs to the cluster, as agreed. Changed on the apply thread; an immutable copy is published for
/// readers.
public final class Members {
    private static final byte FORMAT = 1;

    private volatile List<Member> members;

    public Members(Reads reads) {
        List<Member> found = new ArrayList<>();
        try (Cursor rows = reads.cursor(Table.MEMBERS, new byte[0], null)) {
            while (rows.next()) {
                byte[] id = CorruptRow.sized(rows.key(), 8, "the key of a member");
                found.add(decode(ByteBuffer.wrap(id).getLong(), rows.value()));
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
        batch.put(Table.MEMBERS, ByteBuffer.allocate(8).putLong(member.id()).array(), encode(member));
        members = sorted(next);
    }

    private static List<Member> sorted(List<Member> members) {
        return members.stream()
                .sorted(Comparator.comparing(Member::id, Long::compareUnsigned))
                .toList();
    }

    static byte[] encode(Member member) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(FORMAT);
            out.writeUTF(member.name());
            write(out, member.peerUrls());
            write(out, member.clientUrls());
            out.writeBoolean(member.learner());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static Member decode(long id, byte[] row) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(row))) {
            byte format = in.readByte();
            if (format != FORMAT) {
                throw new CorruptRow("member " + Long.toHexString(id) + " is stored in unknown format " + format);
            }
            return new Member(id, in.readUTF(), read(in), read(in), in.readBoolean());
        } catch (IOException e) {
            throw new CorruptRow("the row of member " + Long.toHexString(id) + " does not parse: " + e);
        }
    }

    private static void write(DataOutputStream out, List<String> texts) throws IOException {
        out.writeInt(texts.size());
        for (String text : texts) {
            out.writeUTF(text);
        }
    }

    private static List<String> read(DataInputStream in) throws IOException {
        int size = in.readInt();
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            texts.add(in.readUTF());
        }
        return List.copyOf(texts);
    }
}
