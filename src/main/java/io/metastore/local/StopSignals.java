package io.metastore.local;

import java.util.Queue;
import sun.misc.Signal;

/// Takes the signals that ask this program to end, so that it can end its members first. A native executable would
/// not run shutdown hooks for all of them.
final class StopSignals {
    private static final System.Logger LOG = System.getLogger(StopSignals.class.getName());

    private StopSignals() {}

    static void into(Queue<Happening> happenings) {
        for (String name : new String[] {"INT", "TERM", "HUP"}) {
            try {
                Signal.handle(
                        new Signal(name),
                        signal -> happenings.add(new Happening.Signalled("SIG" + name, signal.getNumber())));
            } catch (IllegalArgumentException taken) {
                // With -Xrs this program just ends, and the members with it: their standard input closes.
                LOG.log(System.Logger.Level.DEBUG, "SIG" + name + " cannot be handled", taken);
            }
        }
    }
}
