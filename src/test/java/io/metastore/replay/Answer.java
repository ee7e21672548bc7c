package io.metastore.replay;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.grpc.Status;

/// What a server answered: a message, or a code with a text.
///
/// @param message null when the call was refused
/// @param error null when it was answered
record Answer(Message message, String error) {

    static Answer of(Message message) {
        return new Answer(message, null);
    }

    static Answer of(Status status) {
        String text = String.valueOf(status.getDescription());
        boolean ownText = text.startsWith("etcdserver: ");
        if (status.getCode() == Status.Code.RESOURCE_EXHAUSTED && text.contains("message") && !ownText) {
            return new Answer(null, status.getCode() + ": message too large for gRPC");
        }
        return new Answer(null, status.getCode() + ": " + status.getDescription());
    }

    boolean refused() {
        return error != null;
    }

    /// Whether two servers answered alike.
    boolean sameAs(Answer other) {
        return refused() ? error.equals(other.error) : message.equals(other.message);
    }

    @Override
    public String toString() {
        return refused() ? error : TextFormat.printer().printToString(message);
    }
}
