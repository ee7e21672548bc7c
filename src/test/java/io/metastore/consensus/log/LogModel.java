package io.metastore.consensus.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/// What a log should hold, in the plainest form.
final class LogModel {
    private final TreeMap<Long, String> entries = new TreeMap<>();
    private long first = 1;
    private long next = 1;

    static Entry entry(String text) {
        Entry.Kind kind = text.startsWith("members") ? Entry.Kind.CONFIGURATION : Entry.Kind.COMMANDS;
        return new Entry(7, kind, ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    static String text(Entry entry) {
        return StandardCharsets.ISO_8859_1.decode(entry.data().duplicate()).toString();
    }

    LogModel copy() {
        LogModel copy = new LogModel();
        copy.entries.putAll(entries);
        copy.first = first;
        copy.next = next;
        return copy;
    }

    long first() {
        return first;
    }

    long last() {
        return next - 1;
    }

    void append(RaftLog log, List<String> texts) throws IOException {
        log.append(next, texts.stream().map(LogModel::entry).toList());
        append(texts);
    }

    void append(List<String> texts) {
        for (String text : texts) {
            entries.put(next++, text);
        }
    }

    void cutBefore(long index) {
        entries.headMap(index).clear();
        first = Math.max(first, index);
        next = Math.max(first, next);
    }

    void cutAfter(long index) {
        entries.tailMap(index, false).clear();
        next = Math.min(next, index + 1);
    }

    void startAnew(long index) {
        entries.clear();
        first = index;
        next = index;
    }

    /// Reads all of the log in order.
    void assertHeld(RaftLog log) throws IOException {
        assertEquals(first, log.first());
        assertEquals(next - 1, log.last());
        assertNull(log.read(first - 1));
        assertNull(log.read(next));
        List<Long> configurations = new ArrayList<>();
        for (long index = first; index < next; index++) {
            assertRead(log, index);
            if (entries.get(index).startsWith("members")) {
                configurations.add(index);
            }
        }
        assertEquals(configurations, log.configurations());
    }

    void assertRead(RaftLog log, long index) throws IOException {
        Entry entry = log.read(index);
        assertNotNull(entry, () -> "entry " + index);
        assertEquals(entries.get(index), text(entry), () -> "entry " + index);
        assertEquals(7, entry.term());
    }
}
