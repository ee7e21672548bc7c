package io.metastore.value;

/// One change of one key, as history records it and watchers see it.
public sealed interface Event {
    Revision revision();

    /// The version this change replaced, or null where there was none. A put of a new key replaces nothing.
    Revision replaced();

    Bytes key();

    /// @param keyValue the version that the put made, complete (WAT-15)
    record Put(Revision revision, Revision replaced, KeyValue keyValue) implements Event {
        @Override
        public Bytes key() {
            return keyValue.key();
        }

        /// WAT-16.
        public boolean isCreate() {
            return keyValue.createRevision() == keyValue.modRevision();
        }
    }

    record Delete(Revision revision, Revision replaced, Bytes key) implements Event {}
}
