package io.metastore.consensus.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/// What a log should hold, in the plainest form. Terms grow by chance, and whenever the end was cut off: so an entry
/// that was written anew is told from the one before, be its text the same.
final class LogModel {
    private static final long SOME_TERM = 7;

    private final TreeMap<Long, Held> entries = new TreeMap<>();
    /// What was cut off from the beginning last, from index `floor` on.
    private final TreeMap<Long, Held> cutOff = new TreeMap<>();

    private final Random random = new Random(28);
    private long floor = 1;
    private long first = 1;
    private long next = 1;
    private long term = SOME_TERM;

    /// @param text of the entry, `members...` for one that says who the members are
    private record Held(long term, String text) {}

    static Entry entry(String text) {
        return entry(text, SOME_TERM);
    }

    static Entry entry(String text, long term) {
        Entry.Kind kind = text.startsWith("members") ? Entry.Kind.CONFIGURATION : Entry.Kind.COMMANDS;
        return new Entry(term, kind, ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    static String text(Entry entry) {
        return StandardCharsets.ISO_8859_1.decode(entry.data().duplicate()).toString();
    }

    LogModel copy() {
        LogModel copy = new LogModel();
        copy.entries.putAll(entries);
        copy.cutOff.putAll(cutOff);
        copy.floor = floor;
        copy.first = first;
        copy.next = next;
        copy.term = term;
        return copy;
    }

    long first() {
        return first;
    }

    long last() {
        return next - 1;
    }

    void append(RaftLog log, List<String> texts) throws IOException {
        term += random.nextInt(3);
        log.append(next, texts.stream().map(text -> entry(text, term)).toList());
        texts.forEach(text -> entries.put(next++, new Held(term, text)));
    }

    /// Notes what was appended as [#entry] makes it.
    void append(List<String> texts) {
        texts.forEach(text -> entries.put(next++, new Held(SOME_TERM, text)));
    }

    void cutBefore(long index) {
        if (index >= next) {
            startAnew(index);
        } else if (index > first) {
            cutOff.clear();
            cutOff.putAll(entries.headMap(index));
            entries.headMap(index).clear();
            floor = first;
            first = index;
        }
    }

    /// The log was closed and opened.
    void reopened() {
        cutOff.clear();
        floor = first;
    }

    void cutAfter(long index) {
        entries.tailMap(index, false).clear();
        next = Math.min(next, index + 1);
        term++;
    }

    void startAnew(long index) {
        entries.clear();
        cutOff.clear();
        floor = index;
        first = index;
        next = index;
        term++;
    }

    /// Reads all of the log in order.
    void assertHeld(RaftLog log) throws IOException {
        assertEquals(first, log.first());
        assertEquals(next - 1, log.last());
        assertNull(log.read(floor - 1));
        assertNull(log.read(next));
        List<Long> configurations = new ArrayList<>();
        for (long index = first; index < next; index++) {
            assertRead(log, index);
            if (entries.get(index).text.startsWith("members")) {
                configurations.add(index);
            }
        }
        assertEquals(configurations, log.configurations());
    }

    /// Reads what was cut off from the beginning last.
    void assertCutOffHeld(RaftLog log) throws IOException {
        for (long index : cutOff.keySet()) {
            assertHeld(cutOff.get(index), log, index);
        }
    }

    void assertRead(RaftLog log, long index) throws IOException {
        assertHeld(entries.get(index), log, index);
    }

    private static void assertHeld(Held held, RaftLog log, long index) throws IOException {
        Entry entry = log.read(index);
        assertNotNull(entry, () -> "entry " + index);
        assertEquals(held, new Held(entry.term(), text(entry)), () -> "entry " + index);
    }
}
