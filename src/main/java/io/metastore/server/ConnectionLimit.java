package io.metastore.server;

import com.sun.management.UnixOperatingSystemMXBean;
import io.netty.channel.Channel;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/// How many connections of clients there may be at once: as many as there may be open files, less those that
/// were open before the first client came and a quarter for files that the database opens later. Without it a flood of
/// connections would leave the database without the file it
/// has to open next, which ends the member.
final class ConnectionLimit {
    /// Where nothing is known about open files.
    private static final long UNKNOWN_FILES = 4096;

    private final LongSupplier files;
    private final long before;
    private final AtomicInteger now = new AtomicInteger();

    /// @param files  most open files that this process may have
    /// @param before those that are open now
    ConnectionLimit(LongSupplier files, long before) {
        this.files = files;
        this.before = before;
    }

    /// Bound by what the operating system allows this process.
    static ConnectionLimit ofProcess() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                ? new ConnectionLimit(system::getMaxFileDescriptorCount, system.getOpenFileDescriptorCount())
                : new ConnectionLimit(() -> UNKNOWN_FILES, 0);
    }

    /// Counts `channel` until it closes; false, and not counted, when it is one too many.
    boolean enter(Channel channel) {
        long allowed = files.getAsLong();
        if (now.incrementAndGet() > allowed - allowed / 4 - before) {
            now.decrementAndGet();
            return false;
        }
        channel.closeFuture().addListener(_ -> now.decrementAndGet());
        return true;
    }

    int count() {
        return now.get();
    }
}
