package io.metastore.cli;

import io.metastore.consensus.jraft.SkippedEntries;
import io.metastore.consensus.jraft.SkippedEntry;
import io.metastore.consensus.jraft.SnapshotFiles;
import io.metastore.consensus.log.Entry;
import io.metastore.consensus.log.LogScan;
import io.metastore.engine.EngineFailure;
import io.metastore.engine.RowSource;
import io.metastore.engine.Table;
import io.metastore.engine.rocksdb.RocksLook;
import io.metastore.machine.EntryText;
import io.metastore.mvcc.CorruptRow;
import io.metastore.mvcc.StateRow;
import io.metastore.server.DataDirectory;
import io.metastore.server.OpenedState;
import io.metastore.value.Bytes;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/// The log of one stopped member beside its state and its marks, for people to read.
final class LogPage {
    /// In place of a first index.
    static final long LAST_FEW = 0;

    private static final int FEW = 10;

    private final LogScan log;
    private final SkippedEntries marks;
    private final PrintStream out;
    private final boolean values;
    /// Null when it cannot be read, which is then the reason.
    private final StateRow state;
    /// Where the state was found.
    private final String place;

    private final RuntimeException unreadable;

    private LogPage(
            LogScan log,
            SkippedEntries marks,
            PrintStream out,
            boolean values,
            StateRow state,
            String place,
            RuntimeException unreadable) {
        this.log = log;
        this.marks = marks;
        this.out = out;
        this.values = values;
        this.state = state;
        this.place = place;
        this.unreadable = unreadable;
    }

    /// @param directory held by this process
    /// @param values    print values, too
    static LogPage of(DataDirectory directory, PrintStream out, boolean values) throws IOException {
        LogScan log = LogScan.of(directory.raft().resolve("log"));
        SkippedEntries marks = SkippedEntries.read(directory.raft());
        try (RocksLook look = new RocksLook(directory.state())) {
            StateRow onDisk = StateRow.read(look::meta);
            // The next start makes the state anew from the newest snapshot when it is behind that, as it is with the
            // memory engine, which has none on disk.
            Optional<SnapshotFiles.Captured> snapshot = SnapshotFiles.newestCaptured(directory.raft())
                    .filter(newest -> newest.applied() > onDisk.appliedIndex());
            StateRow state = snapshot.isEmpty() ? onDisk : state(snapshot.get());
            return new LogPage(
                    log, marks, out, values, state, snapshot.isEmpty() ? "on disk" : "in the newest snapshot", null);
        } catch (EngineFailure | CorruptRow damaged) {
            return new LogPage(log, marks, out, values, null, "", damaged);
        }
    }

    private static StateRow state(SnapshotFiles.Captured snapshot) {
        Map<Bytes, byte[]> meta = new HashMap<>();
        try (RowSource rows = OpenedState.rows(snapshot.captured())) {
            while (rows.next() && rows.table() == Table.META) {
                meta.put(Bytes.wrap(rows.key()), rows.value());
            }
        }
        return StateRow.read(key -> meta.get(Bytes.wrap(key)));
    }

    void summary(String folder) {
        out.println("data-dir   " + folder);
        out.println("state      "
                + (state == null
                        ? "cannot be read: " + unreadable.getMessage()
                        : place + " as of index " + state.appliedIndex() + ", term " + state.appliedTerm()
                                + ", revision " + state.revision()));
        out.println("raft log   "
                + (log.last() < log.first()
                        ? "no entries, the next has index " + log.first()
                        : "entries " + log.first() + " to " + log.last()));
        log.lost().forEach(lost -> out.println("damaged    " + place(lost)));
        marks.list().forEach(mark -> out.println("skipped    " + LogCommand.withReason(mark)));
    }

    private static String place(LogScan.Lost lost) {
        return lost.file() + " at byte " + lost.offset() + ": " + lost.what();
    }

    /// Prints entries.
    ///
    /// @param from [#LAST_FEW] or an index
    void entries(long from, long to) throws IOException {
        long begin = from == LAST_FEW ? Math.max(log.first(), Math.min(to, log.last()) - FEW + 1) : from;
        boolean[] any = new boolean[1];
        log.read(begin, to, new LogScan.Reader() {
            @Override
            public void entry(long index, Entry entry) {
                any[0] = true;
                print(index, entry);
            }

            @Override
            public void lost(LogScan.Lost lost) {
                any[0] = true;
                print(lost);
            }
        });
        if (!any[0] && from != LAST_FEW) {
            throw new CommandFlags.Refused("the log does not hold entry " + from + ": it has " + held());
        }
    }

    private String held() {
        return log.last() < log.first() ? "no entries" : "entries " + log.first() + " to " + log.last();
    }

    private void print(long index, Entry entry) {
        out.println("entry " + index + "  term " + entry.term() + "  checksum "
                + SkippedEntry.text(entry.checksum()) + "  " + kind(entry) + "  "
                + entry.data().remaining() + " bytes" + fate(index, entry));
        switch (entry.kind()) {
            case COMMANDS -> EntryText.lines(entry.data(), values).forEach(line -> out.println("  " + line));
            case CONFIGURATION ->
                StandardCharsets.UTF_8
                        .decode(entry.data().duplicate())
                        .toString()
                        .lines()
                        .filter(line -> !line.isEmpty())
                        .forEach(line -> out.println("  " + line));
            case NOTHING -> {
                // has nothing to say
            }
        }
    }

    private static String kind(Entry entry) {
        return switch (entry.kind()) {
            case COMMANDS -> "commands";
            case CONFIGURATION -> "members";
            case NOTHING -> "nothing";
        };
    }

    private String fate(long index, Entry entry) {
        if (entry.kind() != Entry.Kind.COMMANDS) {
            return "";
        }
        boolean skipped = marks.contains(index, entry.term(), entry.checksum());
        if (state == null || index > state.appliedIndex()) {
            return skipped ? "  to be skipped" : state == null ? "" : "  to be applied";
        }
        return skipped ? "  skipped" : "  applied";
    }

    private void print(LogScan.Lost lost) {
        String which = lost.to() < lost.from()
                ? "something before entry " + lost.from()
                : lost.to() == Long.MAX_VALUE
                        ? "whatever follows from entry " + lost.from() + " on"
                        : lost.from() == lost.to()
                                ? "entry " + lost.from()
                                : "entries " + lost.from() + " to " + lost.to();
        out.println(which + "  cannot be read: " + place(lost));
        ByteBuffer bytes = lost.bytes().duplicate();
        byte[] shown = new byte[bytes.remaining()];
        bytes.get(shown);
        if (shown.length > 0) {
            out.println("  0x" + HexFormat.of().formatHex(shown) + "...");
        }
    }

    /// @throws CommandFlags.Refused when the log holds something else at that index, or what cannot be skipped
    void checkMayBeSkipped(SkippedEntry named) throws IOException {
        AtomicReference<Entry> found = new AtomicReference<>();
        log.read(named.index(), named.index(), new LogScan.Reader() {
            @Override
            public void entry(long index, Entry entry) {
                found.set(entry);
            }

            @Override
            public void lost(LogScan.Lost lost) {
                throw new EngineFailure(
                        EngineFailure.Kind.DAMAGED,
                        "entry " + named.index() + " cannot be read, and a member does not start on a damaged log: "
                                + place(lost),
                        null);
            }
        });
        Entry entry = found.get();
        if (entry == null) {
            throw new CommandFlags.Refused("the log does not hold entry " + named.index() + ": it has " + held());
        }
        if (!named.isOf(named.index(), entry)) {
            throw new CommandFlags.Refused("entry " + named.index() + " of the log has term " + entry.term()
                    + " and checksum " + SkippedEntry.text(entry.checksum()) + ", not term " + named.term()
                    + " and checksum " + SkippedEntry.text(named.checksum()));
        }
        if (entry.kind() != Entry.Kind.COMMANDS) {
            throw new CommandFlags.Refused("entry " + named.index() + " holds no commands (" + kind(entry)
                    + "): raft itself takes it, so the state never meets it and there is nothing to skip");
        }
        checkNotPassed(named.index());
    }

    /// @throws CommandFlags.Refused when the state is past an index
    void checkNotPassed(long index) {
        if (state == null) {
            throw unreadable;
        }
        if (index <= state.appliedIndex()) {
            throw new CommandFlags.Refused("the state has applied the log up to index " + state.appliedIndex()
                    + ": entry " + index + " lies behind it, so a mark would say what is not so");
        }
    }
}
