package io.metastore.server;

/// What the process ends with when it does not end in order (0, or 143 after SIGTERM). Numbers from 64 on mean
/// what `sysexits.h` says, so that a supervisor can tell what is worth another try.
public enum ExitStatus {
    /// Something unforeseen stopped the start.
    FAILED(1),
    /// The command line or the configuration was refused.
    USAGE(2),
    /// Files of the data directory are damaged or missing. It does not pass by itself.
    DAMAGED(65),
    /// An address cannot be listened at.
    ADDRESS(69),
    /// A fault while running: what could not be written, or a bug. What was acknowledged is kept.
    FAULT(70),
    /// The data directory cannot be created or written.
    DATA_DIR(73),
    /// The disk failed or is full while the member started. It may pass.
    INPUT_OUTPUT(74),
    /// Another process holds the data directory.
    IN_USE(75),
    /// The data directory is another member's, another cluster's or of another format.
    FOREIGN(78);

    private final int code;

    ExitStatus(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }
}
