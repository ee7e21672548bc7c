package io.metastore.consensus.peer;

import com.google.protobuf.ByteString;

/// What members tell each other about once a second, with each sign of life, both ways. Any thread calls.
public interface SignOfLife {
    /// Says nothing and hears nothing.
    SignOfLife SILENT = new SignOfLife() {
        @Override
        public ByteString said() {
            return ByteString.EMPTY;
        }

        @Override
        public void heard(long member, ByteString said) {}
    };

    /// What this member says.
    ByteString said();

    /// Another member has said something. One of another version may say nothing, or what it does not know.
    void heard(long member, ByteString said);
}
