package io.metastore.engine.rocksdb;

import io.metastore.engine.EngineFailure;
import io.metastore.engine.RowSource;
import io.metastore.engine.Table;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/// The rows of a state database that nobody has open, such as a captured one. Reading changes no file.
public final class RocksRows implements RowSource {
    static {
        RocksLibrary.load();
    }

    private final DBOptions options = new DBOptions();
    private final RocksTables tables = new RocksTables(new RocksSettings(1 << 20, 1 << 20));
    private final ReadOptions once = new ReadOptions().setFillCache(false).setReadaheadSize(1 << 20);
    private final List<ColumnFamilyHandle> families = new ArrayList<>();
    private final RocksDB db;
    private int table = -1;
    private RocksIterator rows;

    /// @throws EngineFailure when there is no database in `folder`, or it is damaged or cannot be read
    public RocksRows(Path folder) {
        try {
            if (!Manifest.check(folder)) {
                throw new EngineFailure(EngineFailure.Kind.DAMAGED, "there is no state database in " + folder, null);
            }
            db = RocksDB.openReadOnly(options, folder.toString(), tables.descriptors(), families);
        } catch (RocksDBException e) {
            tables.close();
            options.close();
            once.close();
            throw RocksFailures.ofOpening("cannot open the state database in " + folder, folder, e);
        } catch (EngineFailure damaged) {
            tables.close();
            options.close();
            once.close();
            throw damaged;
        }
    }

    @Override
    public boolean next() {
        if (rows != null) {
            rows.next();
        }
        while (rows == null || !rows.isValid()) {
            endTable();
            if (table + 1 == families.size()) {
                return false;
            }
            rows = db.newIterator(families.get(++table), once);
            rows.seekToFirst();
        }
        return true;
    }

    private void endTable() {
        if (rows == null) {
            return;
        }
        try {
            rows.status();
        } catch (RocksDBException e) {
            throw RocksFailures.of("reading the state database failed", e);
        }
        rows.close();
        rows = null;
    }

    @Override
    public Table table() {
        return Table.values()[table];
    }

    @Override
    public byte[] key() {
        return rows.key();
    }

    @Override
    public byte[] value() {
        return rows.value();
    }

    @Override
    public void close() {
        if (rows != null) {
            rows.close();
        }
        families.forEach(ColumnFamilyHandle::close);
        db.close();
        once.close();
        options.close();
        tables.close();
    }
}
