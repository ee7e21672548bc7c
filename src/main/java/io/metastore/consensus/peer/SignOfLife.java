package io.metastore.consensus.peer;

import com.google.protobuf.ByteString;

/// What members ask each other about once a second, with each sign of life. Any thread calls.
public interface SignOfLife {
    /// Asks nothing and answers nothing.
    SignOfLife SILENT = new SignOfLife() {
        @Override
        public ByteString asks() {
            return ByteString.EMPTY;
        }

        @Override
        public ByteString answers(long member, ByteString asked) {
            return ByteString.EMPTY;
        }

        @Override
        public void heard(long member, ByteString answer) {}
    };

    /// What this member asks all others, the same of each. Called once before each round.
    ByteString asks();

    /// What this member answers another with. That may be of another version, and ask nothing, or what nobody
    /// knows.
    ByteString answers(long member, ByteString asked);

    /// Another member has answered; one of another version maybe with what it was asked.
    void heard(long member, ByteString answer);
}
