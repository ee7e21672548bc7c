package io.metastore.consensus.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A crash leaves any of a frame's sectors unwritten, in new files and in those that held other frames before: the
/// frame is there as a whole or not at all, and the log goes on.
class TornFrameTest {
    private static final SegmentSizes SIZES = new SegmentSizes(32, 32);

    @TempDir
    private Path folder;

    @Test
    void inANewFile() throws IOException {
        LogModel model = new LogModel();
        try (RaftLog log = open("log")) {
            model.append(log, List.of("first", "members"));
        }
        tearEveryWay(model);
    }

    @Test
    void inAFileThatIsUsedAgain() throws IOException {
        LogModel model = new LogModel();
        try (RaftLog log = open("log")) {
            model.append(log, List.of("first"));
            while (usedFiles(log) < 5) {
                model.append(log, List.of("old entry" + "o".repeat(700), "and another" + "a".repeat(500)));
                if (model.last() > 20) {
                    log.cutBefore(model.last() - 3);
                    model.cutBefore(model.last() - 3);
                }
            }
        }
        tearEveryWay(model);
    }

    private long usedFiles(RaftLog log) throws IOException {
        Path newest = LogFile.inUse(folder.resolve("log")).getLast();
        String number = newest.getFileName().toString().substring(0, 16);
        return log.last() < 4 ? 0 : Long.parseLong(number, 16);
    }

    private RaftLog open(String name) throws IOException {
        return RaftLog.open(folder.resolve(name), SIZES);
    }

    /// Frames of one to five sectors, and each choice of those that reached the disk. Some hold what their sectors may
    /// have held before.
    private void tearEveryWay(LogModel model) throws IOException {
        for (String filler : List.of("t", "o", "\0")) {
            tearEveryWay(model, filler);
        }
    }

    private void tearEveryWay(LogModel model, String filler) throws IOException {
        for (int length : new int[] {100, 440, 470, 900, 1400, 2000}) {
            Path log = folder.resolve("log");
            Path file = LogFile.inUse(log).getLast();
            byte[] before = Files.readAllBytes(file);
            LogModel whole = model.copy();
            try (RaftLog opened = open("log")) {
                whole.append(opened, List.of("torn" + filler.repeat(length)));
            }
            assertEquals(file, LogFile.inUse(log).getLast(), "the frame has room");
            byte[] after = Files.readAllBytes(file);
            int bytes = Frame.bytes(List.of(LogModel.entry("torn" + filler.repeat(length))));
            List<Integer> written = LogFile.differing(before, after);
            for (int choice = 0; choice < 1 << written.size(); choice++) {
                byte[] torn = before.clone();
                for (int i = 0; i < written.size(); i++) {
                    if ((choice >> i & 1) == 1) {
                        System.arraycopy(after, written.get(i) * 512, torn, written.get(i) * 512, 512);
                    }
                }
                Files.write(file, torn);
                boolean isWhole = isWhole(before, after, written, choice, bytes);
                check(isWhole ? whole : model, before, isWhole ? after : null, written, file);
            }
            Files.write(file, before);
        }
    }

    /// A frame whose first sector is there is whole when those that are not held the same of it before.
    private static boolean isWhole(byte[] before, byte[] after, List<Integer> written, int choice, int bytes) {
        boolean whole = (choice & 1) == 1;
        for (int i = 1; i < written.size(); i++) {
            int from = written.get(i) * 512 + Sectors.MARK;
            int to = from + Math.min(Sectors.PAYLOAD, bytes - i * Sectors.PAYLOAD);
            whole &= (choice >> i & 1) == 1 || Arrays.equals(before, from, to, after, from, to);
        }
        return whole;
    }

    /// @param whole the file with all of the frame where that is found, else null
    private void check(LogModel expected, byte[] before, byte[] whole, List<Integer> written, Path file)
            throws IOException {
        Path copy = folder.resolve("copy");
        LogFile.copy(folder.resolve("log"), copy);
        LogModel model = expected.copy();
        List<String> more = new ArrayList<>();
        try (RaftLog log = open("copy")) {
            model.assertHeld(log);
            byte[] settled = Files.readAllBytes(copy.resolve(file.getFileName()));
            if (whole == null) {
                for (int sector : LogFile.differing(before, settled)) {
                    assertArrayEquals(new byte[512], Arrays.copyOfRange(settled, sector * 512, sector * 512 + 512));
                }
            } else {
                for (int sector : written) {
                    int mark = sector * 512;
                    assertTrue(Arrays.equals(whole, mark, mark + 4, settled, mark, mark + 4), "marked");
                }
            }
            for (int i = 0; i < 3; i++) {
                more.add("more" + "m".repeat(300 * i));
                model.append(log, List.of(more.getLast()));
            }
        }
        try (RaftLog log = open("copy")) {
            model.assertHeld(log);
        }
        LogFile.delete(copy);
    }
}
