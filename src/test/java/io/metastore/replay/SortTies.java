package io.metastore.replay;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest.SortTarget;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.mvccpb.KeyValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Makes sorted ranges comparable: pairs that tie in what they are sorted by have no order (KVR-09).
final class SortTies {
    private static final Comparator<KeyValue> BY_KEY =
            Comparator.comparing(KeyValue::getKey, ByteString.unsignedLexicographicalComparator());

    private SortTies() {}

    static RangeResponse evened(RangeRequest request, RangeResponse response) {
        SortTarget target = request.getSortTarget();
        if (target == SortTarget.KEY || target == SortTarget.UNRECOGNIZED || response.getKvsCount() == 0) {
            return response;
        }
        boolean cut = response.getMore();
        boolean blank = target == SortTarget.VALUE && request.getKeysOnly();
        List<KeyValue> evened = new ArrayList<>();
        List<KeyValue> tie = new ArrayList<>();
        for (KeyValue pair : response.getKvsList()) {
            if (!tie.isEmpty() && !blank && !field(target, tie.getFirst()).equals(field(target, pair))) {
                evened.addAll(ordered(tie));
                tie.clear();
            }
            tie.add(pair);
        }
        evened.addAll(cut ? tie.stream().map(pair -> only(target, pair)).toList() : ordered(tie));
        return response.toBuilder().clearKvs().addAllKvs(evened).build();
    }

    private static List<KeyValue> ordered(List<KeyValue> tie) {
        return tie.stream().sorted(BY_KEY).toList();
    }

    private static Object field(SortTarget target, KeyValue pair) {
        return switch (target) {
            case VERSION -> pair.getVersion();
            case CREATE -> pair.getCreateRevision();
            case MOD -> pair.getModRevision();
            case VALUE -> pair.getValue();
            case KEY, UNRECOGNIZED -> throw new IllegalArgumentException("keys do not tie");
        };
    }

    /// A pair of which nothing is known but the place that it takes.
    private static KeyValue only(SortTarget target, KeyValue pair) {
        KeyValue.Builder place = KeyValue.newBuilder();
        switch (target) {
            case VERSION -> place.setVersion(pair.getVersion());
            case CREATE -> place.setCreateRevision(pair.getCreateRevision());
            case MOD -> place.setModRevision(pair.getModRevision());
            case VALUE -> place.setValue(pair.getValue());
            case KEY, UNRECOGNIZED -> throw new IllegalArgumentException("keys do not tie");
        }
        return place.build();
    }
}
