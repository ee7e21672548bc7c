package io.metastore.mvcc;

import io.metastore.value.Bytes;
import java.util.Iterator;
import java.util.Map;
import java.util.SortedMap;

/// A scan of a published state with later changes laid over it: where both know a key, the change counts, and
/// a change to null hides the key.
final class OverlaidScan implements Scan {
    private final Scan below;
    private final Iterator<Map.Entry<Bytes, KeyEntry>> changes;
    private boolean belowIsThere;
    private Map.Entry<Bytes, KeyEntry> change;
    private boolean started;
    private boolean fromBelow;
    private Bytes key;
    private KeyEntry entry;

    OverlaidScan(Scan below, SortedMap<Bytes, KeyEntry> changes) {
        this.below = below;
        this.changes = changes.entrySet().iterator();
    }

    @Override
    public boolean next() {
        if (!started) {
            started = true;
            stepBelow();
            stepChange();
        } else if (fromBelow) {
            stepBelow();
        }
        while (belowIsThere || change != null) {
            int order = !belowIsThere ? 1 : change == null ? -1 : below.key().compareTo(change.getKey());
            fromBelow = order < 0;
            if (fromBelow) {
                key = below.key();
                return true;
            }
            key = change.getKey();
            entry = change.getValue();
            stepChange();
            if (order == 0) {
                stepBelow();
            }
            if (entry != null) {
                return true;
            }
        }
        return false;
    }

    private void stepBelow() {
        belowIsThere = below.next();
    }

    private void stepChange() {
        change = changes.hasNext() ? changes.next() : null;
    }

    @Override
    public Bytes key() {
        return key;
    }

    @Override
    public KeyEntry entry() {
        return fromBelow ? below.entry() : entry;
    }

    @Override
    public void close() {
        below.close();
    }
}
