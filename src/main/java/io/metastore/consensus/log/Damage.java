package io.metastore.consensus.log;

import io.metastore.engine.EngineFailure;
import java.nio.file.Path;

/// What is said of a file that holds what was never written to it, or that is missing.
final class Damage {
    private Damage() {}

    static EngineFailure at(Path file, long offset, String what) {
        return of(file + " is damaged at byte " + offset + ": " + what);
    }

    static EngineFailure at(Segment segment, int sector, String what) {
        return at(segment.file(), (long) sector * Sectors.BYTES, what);
    }

    static EngineFailure of(String what) {
        return new EngineFailure(EngineFailure.Kind.DAMAGED, what, null);
    }
}
