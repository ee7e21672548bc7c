package io.metastore.durability;

import static org.junit.jupiter.api.Assertions.assertFalse;

import io.metastore.Eventually;
import io.metastore.engine.DiskSpace;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import io.metastore.engine.rocksdb.RocksEngine;
import io.metastore.engine.rocksdb.RocksSettings;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// RocksDB refuses flushes and writes after a flush that found no room, and recovers by itself if it is let.
class FlushWithoutRoomIT {
    private static final int MIB = 64;
    /// RocksDB looks for room every five seconds.
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @TempDir
    private Path folder;

    @Test
    void isDoneOnceThereIsRoom() throws Exception {
        try (OwnDisk disk = OwnDisk.ofMib(folder, MIB)) {
            Path state = Files.createDirectory(disk.folder().resolve("state"));
            DiskSpace space = DiskSpace.of(state, List.of(), -1);
            try (RocksEngine engine = new RocksEngine(state, new RocksSettings(1 << 20, 8 << 20), space)) {
                fillMemtable(engine);
                Path foreign = disk.fill();
                CompletableFuture<Void> flush = CompletableFuture.runAsync(engine::flush);
                Eventually.holds("the flush has found no room", LIMIT, () -> space.failedWithin(Long.MAX_VALUE));
                assertFalse(flush.isDone());
                Files.delete(foreign);
                try {
                    flush.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
                } finally {
                    // Else closing the engine would wait for what waits for ever.
                    space.close();
                }
            }
        }
    }

    /// Half of what a memtable takes; it cannot be compressed.
    private static void fillMemtable(RocksEngine engine) {
        Random random = new Random(1);
        byte[] value = new byte[10_000];
        for (int i = 0; i < 400; i++) {
            random.nextBytes(value);
            WriteBatch batch = engine.newBatch();
            batch.put(Table.META, ByteBuffer.allocate(4).putInt(i).array(), value);
            engine.write(batch);
        }
    }
}
