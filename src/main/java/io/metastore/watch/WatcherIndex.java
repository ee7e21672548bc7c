package io.metastore.watch;

import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Which watchers want an event of a key: watchers of one key by hash, watchers of ranges by [RangeIndex].
final class WatcherIndex {
    private record GroupKey(KeyRange range, int flavour) {}

    private final Map<GroupKey, WatchGroup> groups = new HashMap<>();
    private final Map<Bytes, List<WatchGroup>> byKey = new HashMap<>();
    private final RangeIndex byRange = new RangeIndex();

    boolean isEmpty() {
        return groups.isEmpty();
    }

    void add(Watcher watcher) {
        WatchSpec spec = watcher.spec();
        groups.computeIfAbsent(new GroupKey(spec.range(), spec.flavour()), _ -> open(spec))
                .add(watcher);
    }

    /// Removes a watcher that is there.
    void remove(Watcher watcher) {
        WatchGroup group = watcher.group;
        group.remove(watcher);
        if (group.isEmpty()) {
            close(group);
        }
    }

    /// Visits the groups whose range holds the key, each once.
    void visit(Bytes key, Consumer<WatchGroup> visitor) {
        List<WatchGroup> single = byKey.isEmpty() ? null : byKey.get(key);
        if (single != null) {
            for (WatchGroup group : single) {
                visitor.accept(group);
            }
        }
        byRange.visit(key, visitor);
    }

    /// All watchers, in a list of its own.
    List<Watcher> watchers() {
        List<Watcher> all = new ArrayList<>();
        for (WatchGroup group : groups.values()) {
            for (int i = 0; i < group.size(); i++) {
                all.add(group.get(i));
            }
        }
        return all;
    }

    private WatchGroup open(WatchSpec form) {
        WatchGroup group = new WatchGroup(form);
        if (form.range().isSingle()) {
            byKey.computeIfAbsent(form.range().start(), _ -> new ArrayList<>(1)).add(group);
        } else {
            byRange.add(group);
        }
        return group;
    }

    private void close(WatchGroup group) {
        groups.remove(new GroupKey(group.range(), group.flavour()));
        if (group.range().isSingle()) {
            List<WatchGroup> list = byKey.get(group.range().start());
            list.remove(group);
            if (list.isEmpty()) {
                byKey.remove(group.range().start());
            }
        } else {
            byRange.remove(group);
        }
    }
}
