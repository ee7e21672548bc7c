package io.metastore.value;

/// One version of a key.
///
/// @param key            never empty
/// @param value          possibly empty
/// @param createRevision main revision of the write that created the key (KVR-28)
/// @param modRevision    main revision of the write that made this version
/// @param version        1 on creation, one more with each put (KVR-27)
/// @param lease          id of the lease the key hangs on, 0 for none
public record KeyValue(Bytes key, Bytes value, long createRevision, long modRevision, long version, long lease) {
    public KeyValue withoutValue() {
        return new KeyValue(key, Bytes.EMPTY, createRevision, modRevision, version, lease);
    }
}
