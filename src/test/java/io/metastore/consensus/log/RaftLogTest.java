package io.metastore.consensus.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RaftLogTest {
    /// Files of 4, 8 and 16 sectors: some frames fill a file, some are too large for any.
    private static final SegmentSizes SMALL = new SegmentSizes(4, 16);

    private static final int STEPS = Integer.getInteger("raftlog.steps", 800);

    @TempDir
    private Path folder;

    private RaftLog open() throws IOException {
        return RaftLog.open(folder.resolve("log"), SMALL);
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("log"))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aLogThatNeverWasHasNothing() throws IOException {
        try (RaftLog log = open()) {
            assertFalse(log.exists());
            assertEquals(1, log.first());
            assertEquals(0, log.last());
            assertFalse(Files.exists(folder.resolve("log")));
            log.create();
            assertTrue(log.exists());
        }
        try (RaftLog log = open()) {
            assertTrue(log.exists());
            new LogModel().assertHeld(log);
        }
    }

    /// Any order of appends, cuts and starts, beside the plain model. What is on the disk is looked at after each
    /// step as a crash would leave it.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void holdsWhatItWasGiven(long seed) throws IOException {
        Random random = new Random(seed);
        LogModel model = new LogModel();
        RaftLog log = open();
        try {
            for (int step = 0; step < STEPS; step++) {
                change(random, log, model);
                if (model.last() >= model.first()) {
                    model.assertRead(log, random.nextLong(model.first(), model.last() + 1));
                }
                if (random.nextInt(20) == 0) {
                    model.assertHeld(log);
                    model.assertCutOffHeld(log);
                }
                if (random.nextInt(10) == 0) {
                    log.close();
                    log = open();
                    model.reopened();
                    model.assertHeld(log);
                }
            }
        } finally {
            log.close();
        }
    }

    private static void change(Random random, RaftLog log, LogModel model) throws IOException {
        switch (random.nextInt(12)) {
            case 0 -> {
                long index = random.nextLong(model.first(), model.last() + 3);
                log.cutBefore(index);
                model.cutBefore(index);
            }
            case 1 -> {
                long index = random.nextLong(model.first() - 1, model.last() + 2);
                log.cutAfter(index);
                model.cutAfter(index);
            }
            case 2 -> {
                if (random.nextInt(5) == 0) {
                    long index = random.nextLong(Math.max(1, model.first() - 5), model.last() + 20);
                    log.startAnew(index);
                    model.startAnew(index);
                }
            }
            default -> {
                List<String> texts = new ArrayList<>();
                for (int i = random.nextInt(5); i >= 0; i--) {
                    int length = random.nextInt(50) == 0 ? random.nextInt(20_000) : random.nextInt(600);
                    String kind = random.nextInt(10) == 0 ? "members" : "commands";
                    // Some are the same as what was there before, but for the term.
                    texts.add(random.nextInt(4) == 0 ? kind : kind + random.nextInt() + "x".repeat(length));
                }
                model.append(log, texts);
            }
        }
    }

    @Test
    void filesWhoseEntriesAreCutOffAreUsedAgain() throws IOException {
        LogModel model = new LogModel();
        try (RaftLog log = open()) {
            for (int round = 0; round < 60; round++) {
                for (int i = 0; i < 14; i++) {
                    model.append(log, List.of("entry " + round + " " + i));
                }
                log.cutBefore(model.last() - 3);
                model.cutBefore(model.last() - 3);
                model.assertHeld(log);
            }
        }
        assertTrue(files().size() <= 4, () -> "left lying: " + assertListed());
        try (RaftLog log = open()) {
            model.assertHeld(log);
        }
    }

    private String assertListed() {
        try {
            return files().toString();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /// What is on the disk after a failed write is not known, so nothing may be built on it.
    @Test
    void nothingIsTakenAfterAFailedWrite() throws IOException {
        LogModel model = new LogModel();
        try (RaftLog log = open()) {
            model.append(log, List.of("a", "b"));
            Path inTheWay = Files.createDirectory(folder.resolve("log/0000000000000002.new"));
            Path child = Files.createFile(inTheWay.resolve("child"));
            assertThrows(IOException.class, () -> {
                while (true) {
                    log.append(log.last() + 1, List.of(LogModel.entry("c")));
                    model.append(List.of("c"));
                }
            });
            Files.delete(child);
            Files.delete(inTheWay);
            assertThrows(IOException.class, () -> log.append(log.last() + 1, List.of(LogModel.entry("d"))));
            assertThrows(IOException.class, () -> log.cutBefore(2));
            model.assertHeld(log);
        }
        try (RaftLog log = open()) {
            model.assertHeld(log);
            model.append(log, List.of("e"));
            model.assertHeld(log);
        }
    }

    @Test
    void noEntryGetsAnotherIndex() throws IOException {
        LogModel model = new LogModel();
        try (RaftLog log = open()) {
            model.append(log, List.of("a", "b"));
            assertThrows(IllegalArgumentException.class, () -> log.append(2, List.of(LogModel.entry("c"))));
            assertThrows(IllegalArgumentException.class, () -> log.append(4, List.of(LogModel.entry("c"))));
            model.append(log, List.of("c"));
            model.assertHeld(log);
        }
    }

    @Test
    void aLogOfTheFormerFormatIsNamed() throws IOException {
        Files.createDirectories(folder.resolve("log"));
        Files.writeString(folder.resolve("log/CURRENT"), "MANIFEST-000005\n");
        EngineFailure failure = assertThrows(EngineFailure.class, this::open);
        assertEquals(EngineFailure.Kind.OTHER_FORMAT, failure.kind());
        assertTrue(failure.getMessage().contains(folder.resolve("log").toString()), failure.getMessage());
    }

    /// Something stands in the place of the next file for a while, and it cannot be made: so it is with a full disk.
    @Test
    void aNextFileThatCouldNotBeMadeIsTriedAgain() throws IOException {
        Path next = folder.resolve("log/0000000000000002.new");
        Path spare = folder.resolve("log/0000000000000002.spare");
        try (RaftLog log = RaftLog.open(folder.resolve("log"), new SegmentSizes(1024, 1024))) {
            log.create();
            Path inTheWay = Files.createDirectories(next.resolve("in-the-way"));
            log.append(1, List.of(LogModel.entry("x".repeat(300_000))));
            Eventually.holds("it was tried", RaftLogTest::isNoFileBeingMade);
            assertFalse(Files.exists(spare));
            Files.delete(inTheWay);
            Files.delete(next);
            Eventually.holds("the next file is there", () -> {
                append(log);
                return Files.exists(spare);
            });
        }
    }

    private static void append(RaftLog log) {
        try {
            log.append(log.last() + 1, List.of(LogModel.entry("y")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Whether the thread that makes files has begun and waits for more.
    private static boolean isNoFileBeingMade() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread ->
                        thread.getName().equals("raft-log-files") && thread.getState() == Thread.State.TIMED_WAITING);
    }
}
