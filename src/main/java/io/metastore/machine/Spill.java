package io.metastore.machine;

/// Writes out what the open chunk has collected, so that a command which changes many keys takes bounded memory.
/// Called on the apply thread between two changes of a request, as often as it is due. A failure to write is a fault.
interface Spill {
    /// Whether enough has come together.
    boolean isDue();

    void run();
}
