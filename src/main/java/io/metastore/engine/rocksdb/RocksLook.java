package io.metastore.engine.rocksdb;

import io.metastore.engine.EngineFailure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/// The table `meta` of a state database that nobody has open, as it lies on disk. Looking at it changes no file.
public final class RocksLook implements AutoCloseable {
    static {
        RocksLibrary.load();
    }

    private final DBOptions options = new DBOptions();
    private final List<ColumnFamilyHandle> families = new ArrayList<>();
    /// Null when there is no database yet.
    private final RocksDB db;

    /// @throws EngineFailure naming the file that is damaged, missing or cannot be read
    public RocksLook(Path folder) {
        try {
            db = Manifest.check(folder)
                    ? RocksDB.openReadOnly(
                            options,
                            folder.toString(),
                            List.of(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY)),
                            families)
                    : null;
        } catch (RocksDBException e) {
            options.close();
            throw RocksFailures.ofOpening("cannot open the state database in " + folder, folder, e);
        } catch (EngineFailure damaged) {
            options.close();
            throw damaged;
        }
    }

    /// The value of a key of `meta`, null when there is none.
    public byte[] meta(byte[] key) {
        try {
            return db == null ? null : db.get(key);
        } catch (RocksDBException e) {
            throw RocksFailures.of("reading the state database failed", e);
        }
    }

    @Override
    public void close() {
        families.forEach(ColumnFamilyHandle::close);
        if (db != null) {
            db.close();
        }
        options.close();
    }
}
