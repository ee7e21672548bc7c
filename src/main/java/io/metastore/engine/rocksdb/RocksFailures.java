package io.metastore.engine.rocksdb;

import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.rocksdb.Options;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileReader;
import org.rocksdb.Status;

/// Tells the failures of a RocksDB database apart.
final class RocksFailures {
    private RocksFailures() {}

    /// @param what names the database and what was tried
    static EngineFailure of(String what, RocksDBException failure) {
        return new EngineFailure(kind(failure), what + ": " + failure.getMessage(), failure);
    }

    /// Like [#of], for a database that does not open: RocksDB's own words may name only the manifest even if a
    /// table is what is damaged, so the tables are looked through.
    ///
    /// @param folder of the database, closed
    static EngineFailure ofOpening(String what, Path folder, RocksDBException failure) {
        if (kind(failure) != EngineFailure.Kind.DAMAGED || failure.getMessage().contains(".sst")) {
            return of(what, failure);
        }
        StringBuilder named = new StringBuilder();
        try (Stream<Path> files = Files.list(folder);
                Options options = new Options()) {
            for (Path table : files.filter(file -> file.toString().endsWith(".sst"))
                    .sorted()
                    .toList()) {
                unsound(table, options)
                        .ifPresent(problem -> named.append("; ")
                                .append(table)
                                .append(" is damaged: ")
                                .append(problem));
            }
        } catch (IOException unreadable) {
            named.append("; ").append(unreadable);
        }
        return new EngineFailure(EngineFailure.Kind.DAMAGED, what + ": " + failure.getMessage() + named, failure);
    }

    private static Optional<String> unsound(Path table, Options options) {
        try (SstFileReader reader = new SstFileReader(options)) {
            reader.open(table.toString());
            reader.verifyChecksum();
            return Optional.empty();
        } catch (RocksDBException failure) {
            return Optional.of(failure.getMessage());
        }
    }

    private static EngineFailure.Kind kind(RocksDBException failure) {
        Status status = failure.getStatus();
        boolean damaged = status == null
                || switch (status.getCode()) {
                    case IOError -> failure.getMessage().contains("No such file");
                    case Busy, TimedOut, Aborted, TryAgain, ShutdownInProgress -> false;
                    default -> true;
                };
        if (isNoSpace(failure)) {
            return EngineFailure.Kind.NO_SPACE;
        }
        return damaged ? EngineFailure.Kind.DAMAGED : EngineFailure.Kind.INPUT_OUTPUT;
    }

    /// Whether a file could not be written because the disk is full.
    static boolean isNoSpace(RocksDBException failure) {
        Status status = failure.getStatus();
        return status != null
                && (status.getSubCode() == Status.SubCode.NoSpace
                        || failure.getMessage().contains("No space left on device"));
    }
}
