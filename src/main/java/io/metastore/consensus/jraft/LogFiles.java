package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.storage.impl.RocksDBLogStorage;
import com.alipay.sofa.jraft.util.StorageOptionsFactory;
import io.metastore.engine.EngineFailure;
import io.metastore.engine.rocksdb.Manifest;
import io.metastore.engine.rocksdb.RecordFile;
import io.metastore.engine.rocksdb.RocksFailures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.StringAppendOperator;

/// The files of the raft log, looked through before JRaft opens them: what was acknowledged and is not yet in
/// the state is nowhere else.
///
/// JRaft cannot tell a log that it cannot read from one that ends earlier: it asks RocksDB for the last entry
/// and takes a failure for none. And RocksDB itself drops more than a crash can have torn, see [RecordFile].
final class LogFiles {
    private static final Logger LOG = Logger.getLogger(LogFiles.class);

    private LogFiles() {}

    /// What a log holds.
    ///
    /// @param exists whether there is a log at all
    /// @param first  index of its first entry, 0 when it is empty
    /// @param last   index of its last entry, 0 when it is empty
    record Extent(boolean exists, long first, long last) {
        boolean isEmpty() {
            return last == 0;
        }
    }

    /// Reads everything in the log once and checks it. An end that a crash tore is cut off.
    ///
    /// @param folder of the log's database; need not exist
    /// @throws EngineFailure naming the file that is damaged or cannot be read
    static Extent check(Path folder) throws IOException {
        if (!Manifest.check(folder)) {
            return new Extent(false, 0, 0);
        }
        List<Path> logs = writeAhead(folder);
        if (logs.isEmpty()) {
            throw damaged("the write-ahead log, a file NUMBER.log, is missing in " + folder);
        }
        checkWriteAhead(logs);
        return open(folder);
    }

    /// Only the newest file that holds anything may end torn: all others were synced when it was begun.
    private static void checkWriteAhead(List<Path> logs) throws IOException {
        boolean newerHoldsRecords = false;
        for (Path log : logs.reversed()) {
            switch (RecordFile.check(log)) {
                case RecordFile.Finding.Sound(long records) -> newerHoldsRecords |= records > 0;
                case RecordFile.Finding.Damaged(long offset, String what) ->
                    throw damaged(log + " is damaged at byte " + offset + ": " + what);
                case RecordFile.Finding.Torn(long records, long offset) -> {
                    if (newerHoldsRecords) {
                        throw damaged(log + " is cut short at byte " + offset + ", but newer files go on");
                    }
                    LOG.infof(
                            "%s ends within a record at byte %d, as a crash leaves it: that was never"
                                    + " acknowledged and is dropped",
                            log, offset);
                    newerHoldsRecords = records > 0;
                }
            }
        }
    }

    /// Opens the database as JRaft will, which moves the write-ahead log into table files, and reads all of
    /// these.
    private static Extent open(Path folder) {
        try (DBOptions options = StorageOptionsFactory.getRocksDBOptions(null, RocksDBLogStorage.class);
                StringAppendOperator append = new StringAppendOperator();
                ColumnFamilyOptions family = StorageOptionsFactory.getRocksDBColumnFamilyOptions(
                                null, RocksDBLogStorage.class)
                        .useFixedLengthPrefixExtractor(8)
                        .setTableFormatConfig(
                                StorageOptionsFactory.getRocksDBTableFormatConfig(null, RocksDBLogStorage.class))
                        .setMergeOperator(append)) {
            List<ColumnFamilyDescriptor> families = List.of(
                    new ColumnFamilyDescriptor("Configuration".getBytes(StandardCharsets.US_ASCII), family),
                    new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, family));
            List<ColumnFamilyHandle> handles = new ArrayList<>();
            try (RocksDB db = RocksDB.open(options, folder.toString(), families, handles)) {
                db.verifyChecksum();
                Extent extent = extent(db, handles);
                handles.forEach(ColumnFamilyHandle::close);
                return extent;
            }
        } catch (RocksDBException failure) {
            throw RocksFailures.ofOpening("the raft log in " + folder + " cannot be read", folder, failure);
        }
    }

    private static Extent extent(RocksDB db, List<ColumnFamilyHandle> handles) throws RocksDBException {
        byte[] kept = db.get(handles.getFirst(), RocksDBLogStorage.FIRST_LOG_IDX_KEY);
        try (ReadOptions all = new ReadOptions().setTotalOrderSeek(true);
                RocksIterator entries = db.newIterator(handles.getLast(), all)) {
            entries.seekToLast();
            if (!entries.isValid()) {
                entries.status();
                return new Extent(true, 0, 0);
            }
            long last = ByteBuffer.wrap(entries.key()).getLong();
            entries.seekToFirst();
            if (!entries.isValid()) {
                entries.status();
                return new Extent(true, 0, 0);
            }
            long first = ByteBuffer.wrap(entries.key()).getLong();
            // What lies before that was cut off and waits to be removed.
            return new Extent(
                    true,
                    kept == null ? first : Math.max(first, ByteBuffer.wrap(kept).getLong()),
                    last);
        }
    }

    /// The oldest first.
    private static List<Path> writeAhead(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches("\\d+\\.log"))
                    .sorted()
                    .toList();
        }
    }

    static EngineFailure damaged(String what) {
        return new EngineFailure(EngineFailure.Kind.DAMAGED, what, null);
    }
}
