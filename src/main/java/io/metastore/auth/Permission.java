package io.metastore.auth;

import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;

/// What a role may do with a range of keys.
///
/// @param key      first key
/// @param rangeEnd as in requests (KVR-04): empty for the key alone, one byte 0x00 for all keys from it on
public record Permission(Type type, Bytes key, Bytes rangeEnd) {
    /// In the order of etcd's numbers.
    public enum Type {
        READ,
        WRITE,
        READ_WRITE;

        boolean reads() {
            return this != WRITE;
        }

        boolean writes() {
            return this != READ;
        }
    }

    /// Whether it names a range: one that ends before it begins, or begins nowhere, does not (AUT-18).
    boolean isRange() {
        return !key.isEmpty() && (rangeEnd.isEmpty() || !range().isEmpty());
    }

    KeyRange range() {
        return KeyRange.of(key, rangeEnd);
    }

    boolean covers(Bytes otherKey, Bytes otherEnd) {
        return key.equals(otherKey) && rangeEnd.equals(otherEnd);
    }
}
