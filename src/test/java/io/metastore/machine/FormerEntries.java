package io.metastore.machine;

import com.google.protobuf.CodedOutputStream;
import io.metastore.machine.replicated.Batch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;

/// Entries in the formats that are no longer written, and stay readable.
public final class FormerEntries {
    private FormerEntries() {}

    /// @param batching false for the format of a lone command
    public static ByteBuffer encode(List<byte[]> commands, boolean batching) {
        ByteArrayOutputStream entry = new ByteArrayOutputStream();
        if (!batching && commands.size() == 1) {
            entry.write(EntryCodec.SINGLE);
            entry.writeBytes(commands.getFirst());
        } else {
            entry.write(EntryCodec.BATCH);
            try {
                CodedOutputStream out = CodedOutputStream.newInstance(entry);
                for (byte[] command : commands) {
                    out.writeByteArray(Batch.COMMANDS_FIELD_NUMBER, command);
                }
                out.flush();
            } catch (IOException impossible) {
                throw new UncheckedIOException(impossible);
            }
        }
        return ByteBuffer.wrap(entry.toByteArray());
    }
}
