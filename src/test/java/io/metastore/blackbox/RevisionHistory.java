package io.metastore.blackbox;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.mvccpb.KeyValue;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/// What a store must hold after known writes, entry by entry, and the hash of it as etcd defines it (MNT-10,
/// MNT-11). Made for tests: it keeps everything and asks nobody.
final class RevisionHistory {

    /// One change: its revision, and the pair as etcd stores it (for a deletion the key alone).
    private record Entry(long main, long sub, boolean deletion, KeyValue pair) {}

    private static final int REVISION_KEY = 17;
    private static final byte SEPARATOR = '_';
    private static final byte DELETION = 't';

    private final List<Entry> entries = new ArrayList<>();
    private final Map<String, KeyValue> live = new TreeMap<>();
    private long revision = 1;
    private long sub;
    private long compaction = -1;

    /// Starts the changes of one request.
    void begin() {
        revision++;
        sub = 0;
    }

    void put(String key, String value, long lease) {
        KeyValue old = live.get(key);
        KeyValue pair = KeyValue.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFromUtf8(value))
                .setCreateRevision(old == null ? revision : old.getCreateRevision())
                .setModRevision(revision)
                .setVersion(old == null ? 1 : old.getVersion() + 1)
                .setLease(lease)
                .build();
        live.put(key, pair);
        entries.add(new Entry(revision, sub++, false, pair));
    }

    void delete(String key) {
        KeyValue old = live.remove(key);
        if (old == null) {
            throw new IllegalArgumentException("not there: " + key);
        }
        entries.add(new Entry(
                revision,
                sub++,
                true,
                KeyValue.newBuilder().setKey(old.getKey()).build()));
    }

    /// Ends the changes of one request with the revision that the server gave.
    void commit(long given) {
        if (given != revision) {
            throw new AssertionError("the server is at " + given + ", this history at " + revision);
        }
    }

    void compacted(long at) {
        compaction = at;
    }

    long compaction() {
        return compaction;
    }

    long revision() {
        return revision;
    }

    Set<String> liveKeys() {
        return live.keySet();
    }

    /// The hash at a revision of a store compacted at another (-1 when never).
    int hash(long compacted, long at) {
        Set<Entry> kept = liveAt(at);
        CRC32C crc = new CRC32C();
        crc.update("key".getBytes(StandardCharsets.US_ASCII));
        for (Entry entry : entries) {
            boolean old = entry.main() <= compacted;
            boolean skipped = old && (entry.deletion() || !kept.isEmpty() && !kept.contains(entry));
            if (entry.main() <= at && !skipped && !(old && gone(entry, compacted))) {
                crc.update(revisionKey(entry));
                crc.update(entry.pair().toByteArray());
            }
        }
        return (int) crc.getValue();
    }

    /// True for an entry that the compaction itself removed, because a later one of its key is not above it
    /// either.
    private boolean gone(Entry entry, long compacted) {
        return entries.stream()
                .anyMatch(later -> later.main() <= compacted
                        && later.pair().getKey().equals(entry.pair().getKey())
                        && (later.main() > entry.main() || later.main() == entry.main() && later.sub() > entry.sub()));
    }

    private Set<Entry> liveAt(long at) {
        Map<ByteString, Entry> newest = new HashMap<>();
        for (Entry entry : entries) {
            if (entry.main() <= at) {
                newest.put(entry.pair().getKey(), entry);
            }
        }
        Set<Entry> kept = new HashSet<>(newest.values());
        kept.removeIf(Entry::deletion);
        return kept;
    }

    private static byte[] revisionKey(Entry entry) {
        ByteBuffer key = ByteBuffer.allocate(entry.deletion() ? REVISION_KEY + 1 : REVISION_KEY)
                .putLong(entry.main())
                .put(SEPARATOR)
                .putLong(entry.sub());
        if (entry.deletion()) {
            key.put(DELETION);
        }
        return key.array();
    }

    @Override
    public String toString() {
        return "compacted at " + compaction + ", " + entries.size() + " entries";
    }
}
