package io.metastore.consensus.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A look at the log tells what [RaftLog] would, and where it would refuse, what is lost and everything else; it
/// changes nothing.
class LogScanTest {
    private static final SegmentSizes SIZES = new SegmentSizes(8, 16);

    @TempDir
    private Path folder;

    private Path log() {
        return folder.resolve("log");
    }

    /// What a look told, in its order.
    private static final class Told implements LogScan.Reader {
        private final TreeMap<Long, String> entries = new TreeMap<>();
        private final List<LogScan.Lost> lost = new ArrayList<>();

        @Override
        public void entry(long index, Entry entry) {
            assertTrue(entries.isEmpty() || entries.lastKey() < index, "entry " + index + " is told late");
            entries.put(index, LogModel.text(entry));
        }

        @Override
        public void lost(LogScan.Lost range) {
            lost.add(range);
        }
    }

    private static Told told(LogScan scan, long from, long to) throws IOException {
        Told told = new Told();
        scan.read(from, to, told);
        return told;
    }

    private Map<Path, byte[]> files() throws IOException {
        Map<Path, byte[]> contents = new TreeMap<>();
        try (Stream<Path> files = Files.list(log())) {
            for (Path file : files.toList()) {
                contents.put(file, Files.readAllBytes(file));
            }
        }
        return contents;
    }

    private void assertUnchanged(Map<Path, byte[]> before) throws IOException {
        Map<Path, byte[]> after = files();
        assertEquals(before.keySet(), after.keySet());
        for (var file : before.entrySet()) {
            assertArrayEquals(
                    file.getValue(), after.get(file.getKey()), file.getKey().toString());
        }
    }

    /// Random appends and cuts: told is what an opened log holds.
    @Test
    void aLookTellsWhatTheLogHolds() throws IOException {
        Random dice = new Random(5);
        for (int step = 0; step < 60; step++) {
            TreeMap<Long, String> held = new TreeMap<>();
            long first;
            long last;
            try (RaftLog opened = RaftLog.open(log(), SIZES)) {
                change(opened, dice, step);
                first = opened.first();
                last = opened.last();
                for (long index = first; index <= last; index++) {
                    held.put(index, LogModel.text(opened.read(index)));
                }
            }
            Map<Path, byte[]> before = files();
            LogScan scan = LogScan.of(log());
            assertEquals(first, scan.first(), "step " + step);
            assertEquals(last, scan.last(), "step " + step);
            assertEquals(List.of(), scan.lost());
            assertEquals(held, told(scan, 1, Long.MAX_VALUE).entries);
            long from = first + dice.nextInt(5);
            assertEquals(held.subMap(from, true, from + 3, true), told(scan, from, from + 3).entries);
            assertUnchanged(before);
        }
    }

    private static void change(RaftLog log, Random dice, int step) throws IOException {
        log.create();
        for (int i = dice.nextInt(8); i >= 0; i--) {
            List<Entry> entries = new ArrayList<>();
            for (int j = dice.nextInt(4); j >= 0; j--) {
                entries.add(LogModel.entry(step + "-" + i + "-" + j + "x".repeat(dice.nextInt(900))));
            }
            log.append(log.last() + 1, entries);
        }
        switch (dice.nextInt(6)) {
            case 0 -> log.cutAfter(Math.max(log.first(), log.last() - dice.nextInt(6)));
            case 1 -> log.cutBefore(log.first() + dice.nextInt(10));
            case 2 -> log.startAnew(log.last() + 1 + dice.nextInt(3));
            default -> {
                // grows only
            }
        }
    }

    @Test
    void noLogIsAnEmptyOne() throws IOException {
        LogScan scan = LogScan.of(log());
        assertEquals(1, scan.first());
        assertEquals(0, scan.last());
        assertTrue(Files.notExists(log()));
    }

    /// 40 frames of one entry each, in several files, as a start of the member would find them.
    private List<Path> written() throws IOException {
        try (RaftLog opened = RaftLog.open(log(), SIZES)) {
            for (int i = 1; i <= 40; i++) {
                opened.append(i, List.of(LogModel.entry("entry " + i + "x".repeat(i * 20))));
            }
        }
        List<Path> files = LogFile.inUse(log());
        assertTrue(files.size() >= 3, "files in use");
        return files;
    }

    /// Whatever bit is flipped: an entry is told as it was, or is among those that are lost.
    @Test
    void damageIsNamedAndEverythingElseIsTold() throws IOException {
        int named = 0;
        for (Path file : written()) {
            byte[] content = Files.readAllBytes(file);
            for (int bit = 5; bit < content.length * 8; bit += 397) {
                content[bit / 8] ^= (byte) (1 << bit % 8);
                Files.write(file, content);
                Map<Path, byte[]> before = files();
                LogScan scan = LogScan.of(log());
                Told told = told(scan, 1, Long.MAX_VALUE);
                assertUnchanged(before);
                for (long index = 1; index <= 40; index++) {
                    String text = told.entries.get(index);
                    assertTrue(
                            text == null ? isLost(told, index) : text.startsWith("entry " + index + "x"),
                            "entry " + index + " after bit " + bit + " of " + file + ": " + text + told.lost);
                }
                named += told.lost.isEmpty() ? 0 : 1;
                assertTrue(told.lost.stream()
                        .allMatch(
                                lost -> lost.file().equals(file) && !lost.what().isEmpty()));
                content[bit / 8] ^= (byte) (1 << bit % 8);
            }
            Files.write(file, content);
        }
        assertTrue(named > 100, "named " + named);
    }

    private static boolean isLost(Told told, long index) {
        return told.lost.stream().anyMatch(lost -> lost.from() <= index && index <= lost.to());
    }

    @Test
    void oneDamagedEntryIsOneEntryLost() throws IOException {
        Path file = written().getFirst();
        byte[] content = Files.readAllBytes(file);
        content[512 * 2 + 60] ^= 1; // the second frame, entry 2
        Files.write(file, content);
        LogScan scan = LogScan.of(log());
        assertEquals(1, scan.lost().size());
        LogScan.Lost lost = scan.lost().getFirst();
        assertEquals(List.of(2L, 2L, 1024L), List.of(lost.from(), lost.to(), lost.offset()));
        assertEquals("a frame does not fit its checksum", lost.what());
        assertEquals(40, scan.last());
        assertEquals(List.of(), told(scan, 3, 9).lost);
        assertEquals(7, told(scan, 3, 9).entries.size());
        assertEquals(1, told(scan, 2, 2).lost.size());
    }

    @Test
    void aMissingFileIsNamed() throws IOException {
        Path second = written().get(1);
        Files.delete(second);
        LogScan scan = LogScan.of(log());
        assertEquals(
                List.of(second), scan.lost().stream().map(LogScan.Lost::file).toList());
        assertEquals(40, scan.last());
    }
}
