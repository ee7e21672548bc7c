package io.metastore.mvcc;

import io.metastore.engine.Cursor;
import io.metastore.engine.Reads;
import io.metastore.engine.Table;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.Revision;

/// Walks the live keys of a range in key order, at one revision.
interface Scan extends AutoCloseable {
    /// Steps to the next live key; false at the end.
    boolean next();

    Bytes key();

    /// The live version; its value, and with a superseded one also its lease, may have to be looked up in
    /// `log`.
    KeyEntry entry();

    @Override
    void close();

    /// The keys of `range` as they are now: one sequential pass over `keys`.
    static Scan newest(Reads reads, KeyRange range) {
        return new Newest(reads, range);
    }

    /// The keys of `range` as they were at main revision `revision`: `keys` and `versions` merged.
    static Scan at(Reads reads, KeyRange range, long revision) {
        return new AtRevision(reads, range, revision);
    }

    final class Newest implements Scan {
        private final Cursor keys;
        private Bytes key;

        private Newest(Reads reads, KeyRange range) {
            keys = reads.cursor(
                    Table.KEYS,
                    range.start().array(),
                    range.isUnbounded() ? null : range.end().array());
        }

        @Override
        public boolean next() {
            if (!keys.next()) {
                return false;
            }
            key = Bytes.wrap(keys.key());
            return true;
        }

        @Override
        public Bytes key() {
            return key;
        }

        @Override
        public KeyEntry entry() {
            return KeyEntry.decode(keys.value());
        }

        @Override
        public void close() {
            keys.close();
        }
    }

    /// A key was live at revision R either by its newest version, when that is not younger than R, or by a
    /// superseded one: the newest of those not younger than R, if what superseded it is younger than R.
    ///
    /// Example: put a (2), put a (3), delete a (4), put a (5). `keys` holds a@5; `versions` holds a@3→4 and
    /// a@2→3. At 5 the newest version counts. At 4 the candidate is a@3, superseded at 4, not after it: a is
    /// dead. At 3 the candidate is a@3, superseded at 4: live. At 2 it is a@2, superseded at 3: live.
    final class AtRevision implements Scan {
        private final long revision;
        private final Cursor keys;
        private final Cursor versions;
        private Bytes keysAt;
        private Bytes versionsAt;
        private Bytes key;
        private KeyEntry entry;

        private AtRevision(Reads reads, KeyRange range, long revision) {
            this.revision = revision;
            keys = reads.cursor(
                    Table.KEYS,
                    range.start().array(),
                    range.isUnbounded() ? null : range.end().array());
            versions = reads.cursor(
                    Table.VERSIONS,
                    VersionRow.lowerBound(range.start()),
                    range.isUnbounded() ? null : VersionRow.lowerBound(range.end()));
            nextKey();
            nextVersion();
        }

        private void nextKey() {
            keysAt = keys.next() ? Bytes.wrap(keys.key()) : null;
        }

        private void nextVersion() {
            versionsAt = versions.next() ? VersionRow.userKey(versions.key()) : null;
        }

        @Override
        public boolean next() {
            while (keysAt != null || versionsAt != null) {
                int order = keysAt == null ? 1 : versionsAt == null ? -1 : keysAt.compareTo(versionsAt);
                key = order <= 0 ? keysAt : versionsAt;
                entry = null;
                if (order <= 0) {
                    KeyEntry newest = KeyEntry.decode(keys.value());
                    if (newest.main() <= revision) {
                        entry = newest;
                    }
                    nextKey();
                }
                if (order >= 0) {
                    if (entry == null) {
                        entry = superseded();
                    }
                    versions.skipTo(VersionRow.behind(key));
                    nextVersion();
                }
                if (entry != null) {
                    return true;
                }
            }
            return false;
        }

        /// The version of `key` in `versions` that was live at the revision, or null.
        private KeyEntry superseded() {
            if (VersionRow.version(versions.key()).main() > revision) {
                versions.skipTo(VersionRow.newestUpTo(key, revision));
                if (!versions.next() || !VersionRow.userKey(versions.key()).equals(key)) {
                    return null;
                }
            }
            Revision version = VersionRow.version(versions.key());
            byte[] row = versions.value();
            if (VersionRow.supersededAt(version.main(), row) <= revision) {
                return null;
            }
            return VersionRow.entry(version, row);
        }

        @Override
        public Bytes key() {
            return key;
        }

        @Override
        public KeyEntry entry() {
            return entry;
        }

        @Override
        public void close() {
            keys.close();
            versions.close();
        }
    }
}
