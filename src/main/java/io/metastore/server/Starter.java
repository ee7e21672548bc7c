package io.metastore.server;

import io.metastore.thread.Threads;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jboss.logging.Logger;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/// The program that started this member and shall not be outlived: it holds the other end of our standard input.
final class Starter {
    private static final Logger LOG = Logger.getLogger(Starter.class);

    private Starter() {}

    /// Leaves the signals of a terminal, which go to all processes there, to the starter, who ends its members in an
    /// order of its own; and ends this member when the starter is gone.
    static void accompany(Threads.Halt faults) {
        for (String name : new String[] {"INT", "HUP"}) {
            try {
                Signal.handle(new Signal(name), SignalHandler.SIG_IGN);
            } catch (IllegalArgumentException taken) {
                LOG.debugf(taken, "SIG%s cannot be ignored", name);
            }
        }
        // As after SIGTERM: Quarkus takes everything down in order when the process is about to exit.
        watch(System.in, () -> System.exit(0), faults);
    }

    /// Runs `end` once nothing comes any more.
    static void watch(InputStream input, Runnable end, Threads.Halt faults) {
        Threads.unstarted(
                        "starter",
                        () -> {
                            readToTheEnd(input);
                            end.run();
                        },
                        faults)
                .start();
    }

    private static void readToTheEnd(InputStream input) {
        try {
            // Whatever is written there is not for a member.
            input.transferTo(OutputStream.nullOutputStream());
            LOG.info("standard input is closed: whoever started this member is gone");
        } catch (IOException failure) {
            LOG.warnf(failure, "standard input cannot be read: whoever started this member is gone");
        }
    }
}
