package io.metastore.local;

/// What the one who runs a cluster waits for.
sealed interface Happening {
    /// A member's process is no more.
    record Ended(MemberProcess member) implements Happening {}

    /// Somebody wants this program to end: Ctrl-C, SIGTERM.
    record Signalled(String name, int number) implements Happening {
        /// What a shell makes of a program that a signal ended.
        int exitStatus() {
            return 128 + number;
        }
    }
}
