package io.metastore.machine;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnsafeByteOperations;
import io.metastore.machine.replicated.Batch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;

/// Raft entries: one byte of format, then what the format says. What is written has format 3; the others stay readable.
///
/// ```
/// 1  one command: entries before batching
/// 2  a batch of commands: entries before they had an origin
/// 3  member, boot, sequence, revision of auth: four big-endian numbers of eight bytes; then a batch
/// ```
///
/// A batch is put together from commands that are encoded already, each on its caller's thread; the framing is
/// that of the message `Batch` in replicated.proto.
public final class EntryCodec {
    static final byte SINGLE = 1;
    static final byte BATCH = 2;
    static final byte FROM_ORIGIN = 3;

    private static final int ORIGIN_BYTES = 4 * Long.BYTES;

    private static final int COMMANDS_FIELD = 1;

    /// How deep the messages of a request may nest: 130 transactions in one another, each with the operation
    /// that holds it. etcd's default for the operations of a transaction ends at 128.
    public static final int REQUEST_LEVELS_MAX = 260;

    /// How deep messages may nest. An entry has a few levels more than its request, and an entry that was accepted
    /// has to be readable at every start.
    private static final int NESTING_MAX = REQUEST_LEVELS_MAX + 20;

    private EntryCodec() {}

    /// An entry of encoded commands.
    public static ByteBuffer encode(Origin origin, List<byte[]> commands) {
        int head = 1 + ORIGIN_BYTES;
        int size = head;
        for (byte[] command : commands) {
            size += CodedOutputStream.computeByteArraySize(COMMANDS_FIELD, command);
        }
        byte[] entry = new byte[size];
        ByteBuffer.wrap(entry)
                .put(FROM_ORIGIN)
                .putLong(origin.member())
                .putLong(origin.boot())
                .putLong(origin.sequence())
                .putLong(origin.auth());
        CodedOutputStream out = CodedOutputStream.newInstance(entry, head, size - head);
        try {
            for (byte[] command : commands) {
                out.writeByteArray(COMMANDS_FIELD, command);
            }
            out.checkNoSpaceLeft();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ByteBuffer.wrap(entry);
    }

    /// Where an entry comes from; leaves the position of `entry` alone.
    ///
    /// @throws MalformedEntry when it is cut off
    public static Origin origin(ByteBuffer entry) {
        if (!entry.hasRemaining() || entry.get(entry.position()) != FROM_ORIGIN) {
            return Origin.NONE;
        }
        ByteBuffer rest = entry.duplicate();
        rest.get();
        return readOrigin(rest);
    }

    private static Origin readOrigin(ByteBuffer rest) {
        if (rest.remaining() < ORIGIN_BYTES) {
            throw new MalformedEntry("it ends in the middle of its origin", null);
        }
        return new Origin(rest.getLong(), rest.getLong(), rest.getLong(), rest.getLong());
    }

    /// How many commands are in an entry, without decoding them; leaves the position of `entry` alone.
    public static int count(ByteBuffer entry) {
        ByteBuffer rest = entry.duplicate();
        byte format = rest.hasRemaining() ? rest.get() : SINGLE;
        if (format == SINGLE) {
            return 1;
        }
        if (format == FROM_ORIGIN) {
            readOrigin(rest);
        }
        try {
            CodedInputStream in = UnsafeByteOperations.unsafeWrap(rest).newCodedInput();
            int commands = 0;
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                in.skipField(tag);
                commands++;
            }
            return commands;
        } catch (IOException e) {
            throw new MalformedEntry("its framing cannot be read", e);
        }
    }

    /// The commands of an entry; leaves the position of `entry` alone. Anything that was not written by
    /// [#encode] is a fault.
    static List<? extends Command<?>> decode(ByteBuffer entry) {
        return parts(entry).stream().map(Part::decode).toList();
    }

    /// One command of an entry, its form not looked at yet.
    record Part(io.metastore.machine.replicated.Command message) {
        /// @throws MalformedEntry when this version knows no such command
        Command<?> decode() {
            return CommandCodec.decode(message);
        }
    }

    /// The commands of an entry one by one, for whoever wants to know which of them cannot be decoded.
    ///
    /// @throws MalformedEntry when the entry as a whole has another form
    static List<Part> parts(ByteBuffer entry) {
        ByteBuffer rest = entry.duplicate();
        if (!rest.hasRemaining()) {
            throw new MalformedEntry("it is empty", null);
        }
        byte format = rest.get();
        if (format == FROM_ORIGIN) {
            readOrigin(rest);
        }
        try {
            CodedInputStream in = UnsafeByteOperations.unsafeWrap(rest).newCodedInput();
            in.setRecursionLimit(NESTING_MAX);
            List<Part> commands = switch (format) {
                case SINGLE -> List.of(new Part(io.metastore.machine.replicated.Command.parseFrom(in)));
                case BATCH, FROM_ORIGIN ->
                    Batch.parseFrom(in).getCommandsList().stream()
                            .map(Part::new)
                            .toList();
                default -> throw new MalformedEntry("it has unknown format " + format, null);
            };
            in.checkLastTagWas(0);
            return commands;
        } catch (IOException e) {
            throw new MalformedEntry("it does not parse", e);
        }
    }
}
