package io.metastore.mvcc;

import io.metastore.engine.Cursor;
import io.metastore.engine.Reads;
import io.metastore.engine.Table;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import io.metastore.value.Revision;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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
        boolean anythingLive = anythingLive(view, reads, revision);
        try (Cursor log = reads.cursor(Table.LOG, new byte[0], LogRow.key(revision + 1, 0))) {
            while (log.next()) {
                Revision at = LogRow.revision(log.key());
                boolean tombstone = LogRow.isTombstone(log.value());
                KeyValue kv = LogRow.record(log.value());
                if (at.main() <= compacted
                        && (tombstone || !counts(reads, kv.key(), at, anythingLive ? revision : compacted))) {
                    continue;
                }
                crc.update(revisionKey(at, tombstone));
                crc.update(EtcdRecord.encode(kv));
            }
        }
        return new KvHash((int) crc.getValue(), revision, compacted, view.revision());
    }

    /// Whether the put at `version` was still the live one at `revision`: of what lies at or below the
    /// compacted revision only live versions count. Where nothing at all is live at the revision hashed, etcd
    /// drops that rule and hashes what the compaction left over, which is what was live at the compacted
    /// revision.
    private static boolean counts(Reads reads, Bytes key, Revision version, long revision) {
        byte[] superseded = reads.get(Table.VERSIONS, VersionRow.key(key, version.main(), version.sub()));
        if (superseded != null) {
            return VersionRow.supersededAt(superseded) > revision;
        }
        byte[] newest = reads.get(Table.KEYS, key.array());
        return newest != null && KeyEntry.decode(newest).revision().equals(version);
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
