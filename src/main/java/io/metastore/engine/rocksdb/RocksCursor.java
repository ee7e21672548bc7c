package io.metastore.engine.rocksdb;

import io.metastore.engine.Cursor;
import io.metastore.engine.NotInMemory;
import java.util.Arrays;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Status;

final class RocksCursor implements Cursor {
    private final RocksIterator iterator;
    private final ReadOptions options;
    private final Slice upperBound;
    private byte[] seek;

    /// Takes over `options` and `upperBound`, which may be null.
    RocksCursor(RocksIterator iterator, ReadOptions options, Slice upperBound, byte[] from) {
        this.iterator = iterator;
        this.options = options;
        this.upperBound = upperBound;
        this.seek = from;
    }

    @Override
    public boolean next() {
        if (seek != null) {
            iterator.seek(seek);
            seek = null;
        } else if (iterator.isValid()) {
            iterator.next();
        } else {
            return false; // RocksDB must not be asked to step on from its end
        }
        if (iterator.isValid()) {
            return true;
        }
        try {
            iterator.status();
        } catch (RocksDBException e) {
            if (e.getStatus() != null && e.getStatus().getCode() == Status.Code.Incomplete) {
                throw NotInMemory.INSTANCE;
            }
            throw RocksFailures.of("reading a range of the state database failed", e);
        }
        return false;
    }

    @Override
    public void skipTo(byte[] key) {
        seek = key;
    }

    @Override
    public byte[] key() {
        return iterator.key();
    }

    @Override
    public byte[] value() {
        return iterator.value();
    }

    @Override
    public byte[] value(int most) {
        byte[] start = new byte[most];
        int size = iterator.value(start, 0, most);
        return size < most ? Arrays.copyOf(start, size) : start;
    }

    @Override
    public void close() {
        iterator.close();
        options.close();
        if (upperBound != null) {
            upperBound.close();
        }
    }
}
