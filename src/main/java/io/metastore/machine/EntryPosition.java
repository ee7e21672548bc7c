package io.metastore.machine;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.List;

/// Where in an entry the state machine stands when it writes out part of it, so that another run of the program can go
/// on there. That happens only while a command deletes many keys, and those that are deleted are not found again: so
/// it is enough to know the command, and of a transaction what its compares said. They are not to be asked again of a
/// state that has some of the transaction's own writes.
///
/// @param index     raft index of the entry
/// @param command   the command of the entry that is under way, from 0
/// @param operation of a transaction the put, delete or range of the paths that it takes, from 0
/// @param decisions of a transaction what [TxnPath#decisions] said
record EntryPosition(long index, int command, int operation, List<Boolean> decisions) {
    byte[] encode() {
        return io.metastore.machine.replicated.EntryPosition.newBuilder()
                .setIndex(index)
                .setCommand(command)
                .setOperation(operation)
                .addAllDecisions(decisions)
                .build()
                .toByteArray();
    }

    static EntryPosition decode(byte[] encoded) {
        try {
            var position = io.metastore.machine.replicated.EntryPosition.parseFrom(encoded);
            return new EntryPosition(
                    position.getIndex(), position.getCommand(), position.getOperation(), position.getDecisionsList());
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedEntry("the row of the unfinished entry does not say where to go on", e);
        }
    }
}
