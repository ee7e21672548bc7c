package io.metastore.machine;

/// A raft entry that no version of this program wrote: a fault, it stops the member.
public final class MalformedEntry extends RuntimeException {
    MalformedEntry(String why, Throwable cause) {
        super("an entry of the raft log cannot be applied: " + why, cause);
    }
}
