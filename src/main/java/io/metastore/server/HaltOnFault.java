package io.metastore.server;

import io.metastore.consensus.Faults;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jboss.logging.Logger;

/// Ends the process at the first fault. State that may be wrong is not served, and what was acknowledged is in
/// the raft log.
public final class HaltOnFault implements Faults {
    /// What the process ends with.
    public static final int EXIT_STATUS = ExitStatus.FAULT.code();

    /// What is said when there is no memory to say more.
    private static final byte[] LAST_WORDS =
            "metastore: the member stops: no memory is left to say why\n".getBytes(StandardCharsets.US_ASCII);

    private static final Logger LOG = Logger.getLogger(HaltOnFault.class);

    /// Standard error without a buffer that would have to grow.
    private final FileOutputStream standardError = new FileOutputStream(FileDescriptor.err);

    @Override
    public void halt(String what, Throwable cause) {
        try {
            LOG.fatalf(cause, "the member stops: %s", what);
            System.err.println("metastore: the member stops: " + what + reason(cause));
            System.err.flush();
        } catch (Throwable _) {
            sayLastWords();
        } finally {
            Runtime.getRuntime().halt(EXIT_STATUS);
        }
    }

    private void sayLastWords() {
        try {
            standardError.write(LAST_WORDS);
        } catch (IOException _) {
            // Nobody listens, and the status still tells.
        }
    }

    /// The messages of a failure and its causes, each that says something new.
    private static String reason(Throwable cause) {
        StringBuilder reason = new StringBuilder();
        for (Throwable at = cause; at != null; at = at.getCause()) {
            String said = at.getMessage() == null ? at.toString() : at.getMessage();
            if (reason.indexOf(said) < 0) {
                reason.append(": ").append(said);
            }
        }
        return reason.toString();
    }
}
