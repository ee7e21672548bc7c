package io.metastore.mvcc;

import io.metastore.value.KeyValue;
import java.util.List;

/// The answer to a [RangeQuery].
///
/// @param keyValues what was asked for, in the order asked for
/// @param more      whether the limit left something out (KVR-13)
/// @param count     live keys of the range at the revision read, whatever limit and filter (KVR-14)
/// @param revision  the store's revision when it was read, not the one read at (KVR-22)
public record RangeResult(List<KeyValue> keyValues, boolean more, long count, long revision) {}
