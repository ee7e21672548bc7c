package io.metastore.server;

import io.metastore.consensus.Faults;
import org.jboss.logging.Logger;

/// Ends the process at the first fault. State that may be wrong is not served, and what was acknowledged is in
/// the raft log.
public final class HaltOnFault implements Faults {
    /// What the process ends with.
    public static final int EXIT_STATUS = ExitStatus.FAULT.code();

    private static final Logger LOG = Logger.getLogger(HaltOnFault.class);

    @Override
    public void halt(String what, Throwable cause) {
        LOG.fatalf(cause, "the member stops: %s", what);
        System.err.println("metastore: the member stops: " + what + reason(cause));
        System.err.flush();
        Runtime.getRuntime().halt(EXIT_STATUS);
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
