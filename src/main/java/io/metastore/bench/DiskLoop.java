package io.metastore.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/// The least that any durable write costs on a disk: write a block and have the disk keep it (fdatasync), one
/// after the other. The blocks go into a file that is there in full already, as a write-ahead log that is laid
/// out ahead does; a file that grows would pay for its file system's journal with each of them. The file is
/// deleted at the end.
final class DiskLoop implements AutoCloseable {
    static final String KIND = "fdatasync";

    private static final int FILE_BYTES = 16 << 20;

    private final Path file;
    private final FileChannel channel;
    private final ByteBuffer block;
    private long position;

    /// @param folder where the file lies; the disk of this folder is measured
    /// @param size   bytes of each block
    DiskLoop(Path folder, int size, long seed) throws IOException {
        file = Files.createTempFile(Files.createDirectories(folder), "bench-disk-", ".tmp");
        channel = FileChannel.open(file, StandardOpenOption.WRITE);
        block = ByteBuffer.allocateDirect(size);
        byte[] random = new byte[size];
        new SplittableRandom(seed).nextBytes(random);
        block.put(random);
        ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
        for (long laidOut = 0; laidOut < Math.max(FILE_BYTES, size); laidOut += zeros.capacity()) {
            zeros.rewind();
            writeAt(laidOut, zeros);
        }
        channel.force(true);
    }

    private void writeAt(long position, ByteBuffer bytes) throws IOException {
        long at = position;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }

    /// Writes until the limit.
    RunResult run(Pace.Limit limit) throws IOException {
        Tally tally = new Tally(List.of(KIND));
        long cpu = OwnCpu.nanos();
        long start = System.nanoTime();
        long now = start;
        for (long done = 0;
                done < limit.total() && now - start < limit.duration().toNanos();
                done++) {
            long begin = now;
            block.rewind();
            if (position + block.capacity() > FILE_BYTES) {
                position = 0;
            }
            writeAt(position, block);
            position += block.capacity();
            channel.force(false);
            now = System.nanoTime();
            tally.begun();
            tally.ok(0, now - begin);
        }
        return new RunResult(
                tally.byKind(),
                now - start,
                OwnCpu.nanos() - cpu,
                0,
                tally.errors(),
                0,
                0,
                Map.of("bytes per write", block.capacity()),
                Optional.empty());
    }

    @Override
    public void close() throws IOException {
        channel.close();
        Files.delete(file);
    }
}
