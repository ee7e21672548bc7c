package io.metastore.mvcc;

import io.metastore.engine.Cursor;
import io.metastore.engine.Reads;
import io.metastore.engine.Table;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import io.metastore.value.Revision;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.zip.CRC32C;

/// The hash over history that members compare, equal to etcd's for equal history (MNT-09 to MNT-12).
///
/// @param hash            CRC-32C, seeded with the bucket name "key", over each entry's revision key and
///     encoded pair
/// @param revision        the revision hashed up to, inclusive
/// @param compactRevision the compacted revision that the hash depends on, -1 for none
/// @param current         the store's revision
public record KvHash(int hash, long revision, long compactRevision, long current) {
    private static final byte[] SEED = "key".getBytes(StandardCharsets.US_ASCII);

    /// Hashes up to `asked`, 0 for everything.
    public static KvHash of(View view, long asked) throws RevisionUnavailable {
        long revision = asked == 0 ? view.revision() : asked;
        long compacted = view.compactedRevision();
        CRC32C crc = new CRC32C();
        crc.update(SEED);
        if (revision < 0) {
            // etcd refuses only positive revisions: a negative one hashes nothing.
            return new KvHash((int) crc.getValue(), revision, compacted, view.revision());
        }
        RevisionUnavailable.check(revision, view.revision(), compacted);
        Reads reads = view.reads();
        Survivors survivors = new Survivors(reads, anythingLive(view, reads, revision) ? revision : compacted);
        try (Cursor log = reads.cursor(Table.LOG, new byte[0], LogRow.key(revision + 1, 0))) {
            while (log.next()) {
                Revision at = LogRow.revision(log.key());
                byte[] value = log.value();
                boolean tombstone = LogRow.isTombstone(value);
                KeyValue kv = LogRow.record(at.main(), value);
                if (at.main() > compacted) {
                    survivors.drain(crc);
                    add(crc, at, tombstone, kv);
                } else if (!tombstone) {
                    survivors.add(at, kv);
                    if (survivors.isFull()) {
                        survivors.drain(crc);
                    }
                }
            }
        }
        survivors.drain(crc);
        return new KvHash((int) crc.getValue(), revision, compacted, view.revision());
    }

    private static void add(CRC32C crc, Revision at, boolean tombstone, KeyValue kv) {
        crc.update(revisionKey(at, tombstone));
        crc.update(EtcdRecord.encode(kv));
    }

    /// Puts at or below the compacted revision: of these only versions that are live at the revision hashed count.
    /// Where nothing at all is live then, etcd drops that rule and hashes what the compaction left over, which is
    /// what was live at the compacted revision.
    ///
    /// They are looked up many at a time: a store of a million keys has a million of them.
    private static final class Survivors {
        private static final int ROWS = 512;
        private static final long BYTES = 1 << 20;

        private final Reads reads;
        private final long revision;
        private final List<Revision> versions = new ArrayList<>();
        private final List<KeyValue> pairs = new ArrayList<>();
        private long bytes;

        /// @param revision at which a version must be live
        Survivors(Reads reads, long revision) {
            this.reads = reads;
            this.revision = revision;
        }

        void add(Revision version, KeyValue kv) {
            versions.add(version);
            pairs.add(kv);
            bytes += kv.key().length() + kv.value().length();
        }

        boolean isFull() {
            return pairs.size() == ROWS || bytes > BYTES;
        }

        /// Hashes the live ones and forgets all.
        void drain(CRC32C crc) {
            if (pairs.isEmpty()) {
                return;
            }
            BitSet live = live();
            for (int i = live.nextSetBit(0); i >= 0; i = live.nextSetBit(i + 1)) {
                KvHash.add(crc, versions.get(i), false, pairs.get(i));
            }
            versions.clear();
            pairs.clear();
            bytes = 0;
        }

        /// A version is live when what superseded it is younger than the revision, or when it is its key's newest.
        private BitSet live() {
            BitSet live = new BitSet(pairs.size());
            byte[][] superseded = reads.getAll(Table.VERSIONS, supersededRows());
            List<Integer> others = new ArrayList<>();
            for (int i = 0; i < superseded.length; i++) {
                if (superseded[i] == null) {
                    others.add(i);
                } else if (VersionRow.supersededAt(versions.get(i).main(), superseded[i]) > revision) {
                    live.set(i);
                }
            }
            if (!others.isEmpty()) {
                KeyEntry[] newest = RangeRead.newest(
                        reads, others.stream().map(i -> pairs.get(i).key()).toList());
                for (int i = 0; i < newest.length; i++) {
                    Revision version = versions.get(others.get(i));
                    if (newest[i] != null && newest[i].revision().equals(version)) {
                        live.set(others.get(i));
                    }
                }
            }
            return live;
        }

        private byte[][] supersededRows() {
            byte[][] rows = new byte[pairs.size()][];
            for (int i = 0; i < rows.length; i++) {
                Revision version = versions.get(i);
                rows[i] = VersionRow.key(pairs.get(i).key(), version.main(), version.sub());
            }
            return rows;
        }
    }

    private static boolean anythingLive(View view, Reads reads, long revision) {
        try (Scan scan = view.scan(reads, KeyRange.ALL, revision)) {
            return scan.next();
        }
    }

    /// etcd's key of a change: main, '_', sub, and 't' behind that of a delete.
    private static byte[] revisionKey(Revision revision, boolean tombstone) {
        byte[] key = new byte[18];
        BigEndian.putLong(key, 0, revision.main());
        key[8] = '_';
        BigEndian.putLong(key, 9, revision.sub());
        key[17] = 't';
        return tombstone ? key : Arrays.copyOf(key, 17);
    }
}
