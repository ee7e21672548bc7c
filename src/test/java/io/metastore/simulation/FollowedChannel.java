package io.metastore.simulation;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/// A file whose writes and syncs go through a [SimulatedDisk].
final class FollowedChannel extends FileChannel {
    private final SimulatedDisk disk;
    private final Path file;
    private final FileChannel below;

    FollowedChannel(SimulatedDisk disk, Path file, FileChannel below) {
        this.disk = disk;
        this.file = file;
        this.below = below;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return below.read(target);
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
        return below.read(targets, offset, length);
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        return below.read(target, position);
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        long at = below.position();
        int written = disk.write(below, file, bytes, at);
        below.position(at + written);
        return written;
    }

    @Override
    public long write(ByteBuffer[] bytes, int offset, int length) throws IOException {
        long written = 0;
        for (int i = offset; i < offset + length; i++) {
            while (bytes[i].hasRemaining()) {
                written += write(bytes[i]);
            }
        }
        return written;
    }

    @Override
    public int write(ByteBuffer bytes, long position) throws IOException {
        return disk.write(below, file, bytes, position);
    }

    @Override
    public long position() throws IOException {
        return below.position();
    }

    @Override
    public FileChannel position(long to) throws IOException {
        below.position(to);
        return this;
    }

    @Override
    public long size() throws IOException {
        return below.size();
    }

    @Override
    public FileChannel truncate(long size) {
        throw new UnsupportedOperationException("nobody truncates an open file");
    }

    @Override
    public void force(boolean attributes) throws IOException {
        disk.sync(file);
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
        return below.transferTo(position, count, target);
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count) {
        throw new UnsupportedOperationException("nobody copies into an open file");
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) {
        throw new UnsupportedOperationException("nobody maps files");
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) throws IOException {
        return below.lock(position, size, shared);
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) throws IOException {
        return below.tryLock(position, size, shared);
    }

    @Override
    protected void implCloseChannel() throws IOException {
        below.close();
    }
}
