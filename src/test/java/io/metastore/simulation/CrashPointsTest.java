package io.metastore.simulation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.consensus.jraft.CheckedText;
import io.metastore.consensus.log.Entry;
import io.metastore.consensus.log.FolderNames;
import io.metastore.consensus.log.RaftLog;
import io.metastore.consensus.log.SegmentSizes;
import io.metastore.simulation.SimulatedDisk.Loss;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Power that is lost at each write, sync and change of names in turn.
class CrashPointsTest {
    private static final SegmentSizes SMALL = new SegmentSizes(8, 16);

    @TempDir
    private Path folder;

    private static void write(Path file, String text) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(text.getBytes()));
        }
    }

    private static void sync(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Test
    void whatWasNotSyncedIsLost() throws IOException {
        SimulatedDisk disk = new SimulatedDisk(folder.resolve("disk"));
        Path kept = disk.path().resolve("kept");
        write(kept, "first");
        sync(kept);
        write(disk.path().resolve("unnamed"), "all of it");
        sync(disk.path().resolve("unnamed"));
        FolderNames.sync(disk.path());
        write(kept, "other, and longer");
        write(disk.path().resolve("next"), "next");
        Files.move(disk.path().resolve("next"), disk.path().resolve("unnamed"));
        write(disk.path().resolve("later"), "later");
        sync(disk.path().resolve("later"));
        disk.freeze();
        assertThrows(IOException.class, () -> sync(kept));
        Path left = Path.of(disk.crash(folder.resolve("left"), Loss.ALL, new Random(1))
                .path()
                .toString());
        assertEquals("first", Files.readString(left.resolve("kept")));
        assertEquals("all of it", Files.readString(left.resolve("unnamed")));
        try (var files = Files.list(left)) {
            assertEquals(
                    List.of("kept", "unnamed"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
    }

    /// The vote, the identity and the name of the state's folder are kept so.
    @Test
    void aCheckedTextIsTheOldOrTheNewAndWhatWasWrittenStays() throws IOException {
        for (int changes = 1; changes <= 12; changes++) {
            for (Loss loss : Loss.values()) {
                Path place = folder.resolve("text-" + loss + "-" + changes);
                SimulatedDisk disk = new SimulatedDisk(place.resolve("1"));
                Path text = disk.path().resolve("text");
                disk.freezeAfter(changes);
                String written = "";
                try {
                    for (String next : List.of("first\n", "second, longer\n", "third\n")) {
                        CheckedText.write(text, next);
                        written = next;
                    }
                } catch (IOException gone) {
                    assertEquals("the disk is gone", gone.getMessage());
                }
                disk.freeze();
                SimulatedDisk left = disk.crash(place.resolve("2"), loss, new Random(changes));
                Path kept = left.path().resolve("text");
                String found = Files.exists(kept) ? CheckedText.read(kept) : "";
                List<String> all = List.of("", "first\n", "second, longer\n", "third\n");
                int lost = all.indexOf(found) - all.indexOf(written);
                assertTrue(lost == 0 || lost == 1, loss + " after " + changes + ": " + found + " for " + written);
            }
        }
    }

    private static Entry entry(long index) {
        byte[] data = new byte[(int) (index * 37 % 900)];
        new Random(index).nextBytes(data);
        return new Entry(1, Entry.Kind.COMMANDS, ByteBuffer.wrap(data));
    }

    /// What a log had acknowledged when its power went.
    private record Reached(long first, long last) {}

    /// Appends and cuts until the disk is gone.
    private static Reached use(RaftLog log, int steps) {
        long first = log.first();
        long last = log.last();
        try {
            log.create();
            for (int step = 0; step < steps; step++) {
                log.append(last + 1, List.of(entry(last + 1), entry(last + 2)));
                last += 2;
                if (step % 7 == 6) {
                    log.cutBefore(last - 3);
                    first = last - 3;
                }
            }
        } catch (IOException gone) {
            return new Reached(first, last);
        }
        return new Reached(first, last);
    }

    /// A log may hold one change that it has not acknowledged.
    @Test
    void aLogKeepsWhatItAcknowledgedWhereverPowerIsLost() throws IOException {
        int points = 0;
        boolean through = false;
        for (int changes = 1; !through; changes += 1 + changes / 40) {
            for (Loss loss : Loss.values()) {
                Path place = folder.resolve(loss + "-" + changes);
                SimulatedDisk disk = new SimulatedDisk(place.resolve("1"));
                FolderNames.create(disk.path());
                disk.freezeAfter(changes);
                Reached reached;
                try (RaftLog log = RaftLog.open(disk.path().resolve("log"), SMALL)) {
                    reached = use(log, 40);
                    through = reached.last() == 80;
                }
                disk.freeze();
                SimulatedDisk left = disk.crash(place.resolve("2"), loss, new Random(changes));
                try (RaftLog log = RaftLog.open(left.path().resolve("log"), SMALL)) {
                    String where = loss + " lost after " + changes + " changes";
                    assertTrue(log.last() >= reached.last(), where + ": the log ends at " + log.last());
                    assertTrue(log.first() <= Math.max(reached.first(), log.last() - 3), where + ": " + log.first());
                    for (long index = Math.max(log.first(), 1); index <= log.last(); index++) {
                        byte[] expected = entry(index).data().array();
                        Entry read = log.read(index);
                        byte[] found = new byte[read.data().remaining()];
                        read.data().duplicate().get(found);
                        assertArrayEquals(expected, found, where + ": entry " + index);
                    }
                    use(log, 3);
                }
                points++;
            }
        }
        System.out.println(points + " points at which power was lost");
    }
}
