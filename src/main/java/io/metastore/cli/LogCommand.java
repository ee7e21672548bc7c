package io.metastore.cli;

import io.metastore.consensus.jraft.SkippedEntries;
import io.metastore.consensus.jraft.SkippedEntry;
import io.metastore.engine.EngineFailure;
import io.metastore.mvcc.CorruptRow;
import io.metastore.server.DataDirectory;
import io.metastore.server.ExitStatus;
import io.metastore.server.StartFailure;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// `metastore log`: shows what the raft log of a stopped member holds, and marks an entry that no member can
/// apply to be skipped. Holds the data directory while it looks, so that no member starts meanwhile.
final class LogCommand {
    private static final int OK = 0;
    private static final List<String> COMMANDS = List.of("show", "skip");

    private final PrintStream out;

    private LogCommand(PrintStream out) {
        this.out = out;
    }

    /// @return the exit status
    static int run(List<String> words, PrintStream out, PrintStream err) {
        if (words.isEmpty() || CommandFlags.askForHelp(words)) {
            out.print(help());
            out.flush();
            return OK;
        }
        try {
            LogCommand command = new LogCommand(out);
            List<String> rest = words.subList(1, words.size());
            switch (words.getFirst()) {
                case "show" -> command.show(rest);
                case "skip" -> command.skip(rest);
                default -> throw CommandFlags.unknownWord("log", words.getFirst(), COMMANDS);
            }
            return OK;
        } catch (CommandFlags.Refused refused) {
            return refuse(err, ExitStatus.USAGE, refused.getMessage() + " ('metastore help log' explains more)");
        } catch (StartFailure failure) {
            return refuse(err, failure.status(), failure.getMessage());
        } catch (EngineFailure failure) {
            StartFailure explained = StartFailure.of(failure);
            return refuse(err, explained.status(), explained.getMessage());
        } catch (CorruptRow failure) {
            return refuse(err, ExitStatus.DAMAGED, failure.getMessage());
        } catch (IOException failure) {
            return refuse(err, ExitStatus.INPUT_OUTPUT, failure.toString());
        } finally {
            out.flush();
        }
    }

    private static int refuse(PrintStream err, ExitStatus status, String why) {
        err.println("metastore: nothing was changed: " + why);
        err.flush();
        return status.code();
    }

    private void show(List<String> words) throws IOException {
        CommandFlags flags = CommandFlags.parse(words, Set.of("data-dir", "index", "from", "to"), Set.of("values"));
        if (flags.has("index") && (flags.has("from") || flags.has("to"))) {
            throw new CommandFlags.Refused(
                    "--index is for one entry, --from and --to are for several: give one or the other");
        }
        String folder = flags.text("data-dir");
        long from = flags.numberOr("from", LogPage.LAST_FEW);
        long to = flags.numberOr("to", Long.MAX_VALUE);
        if (flags.has("index")) {
            from = flags.number("index");
            to = from;
        }
        if (from > to) {
            throw new CommandFlags.Refused("--from " + from + " is greater than --to " + to);
        }
        try (DataDirectory directory = DataDirectory.openStopped(Path.of(folder))) {
            LogPage page = LogPage.of(directory, out, flags.has("values"));
            page.summary(folder);
            page.entries(from, to);
        }
    }

    private void skip(List<String> words) throws IOException {
        CommandFlags flags = CommandFlags.parse(
                words, Set.of("data-dir", "index", "term", "checksum", "reason"), Set.of("list", "undo"));
        String folder = flags.text("data-dir");
        try (DataDirectory directory = DataDirectory.openStopped(Path.of(folder))) {
            SkippedEntries marks = SkippedEntries.read(directory.raft());
            if (flags.has("list")) {
                list(marks);
                return;
            }
            for (String needed : List.of("index", "term", "checksum")) {
                if (!flags.has(needed)) {
                    throw new CommandFlags.Refused("--" + needed + " is missing: type index, term and checksum as"
                            + " 'metastore log show --data-dir " + folder + "' prints them");
                }
            }
            SkippedEntry named = new SkippedEntry(
                    flags.number("index"),
                    flags.number("term"),
                    flags.checksum("checksum"),
                    flags.textOr("reason", ""));
            if (flags.has("undo")) {
                undo(directory, marks, named);
            } else {
                mark(directory, marks, named);
            }
        }
    }

    private void list(SkippedEntries marks) {
        out.println(marks.list().isEmpty() ? "no entry is marked to be skipped" : "marked to be skipped:");
        marks.list().forEach(mark -> out.println("  " + withReason(mark)));
    }

    static String withReason(SkippedEntry mark) {
        return mark + (mark.reason().isEmpty() ? "" : ": " + mark.reason());
    }

    private void mark(DataDirectory directory, SkippedEntries marks, SkippedEntry named) throws IOException {
        LogPage page = LogPage.of(directory, out, false);
        page.checkMayBeSkipped(named);
        Optional<SkippedEntry> other = marks.at(named.index());
        if (other.isPresent() && marks.contains(named.index(), named.term(), named.checksum())) {
            out.println(withReason(other.get()) + " is marked to be skipped already");
            return;
        }
        if (other.isPresent()) {
            throw new CommandFlags.Refused(
                    other.get() + " is marked, which the log does not hold any more: take that mark"
                            + " back first, with --undo and its three values");
        }
        page.entries(named.index(), named.index());
        write(directory, marks.with(named));
        out.println(named + " is marked: this member will not apply it. Mark the same one on the other members before"
                + " they apply it.");
    }

    private void undo(DataDirectory directory, SkippedEntries marks, SkippedEntry named) throws IOException {
        if (!marks.contains(named.index(), named.term(), named.checksum())) {
            throw new CommandFlags.Refused(named + " is not marked"
                    + marks.at(named.index()).map(mark -> ", but " + mark).orElse(""));
        }
        LogPage.of(directory, out, false).checkNotPassed(named.index());
        write(directory, marks.without(named.index()));
        out.println(named + " is not marked any more: this member will apply what stands there");
    }

    private static void write(DataDirectory directory, SkippedEntries marks) {
        try {
            marks.write(directory.raft());
        } catch (IOException failure) {
            throw new StartFailure(
                    ExitStatus.DATA_DIR, "the list of skipped entries cannot be written: " + failure, failure);
        }
    }

    static String help() {
        return """
                Usage: metastore log show --data-dir DIR [--index N | --from N --to N] [--values]
                       metastore log skip --data-dir DIR --index N --term T --checksum C [--reason TEXT]
                       metastore log skip --data-dir DIR --list

                For a member that is stopped. 'log show' prints entries of its raft log, the last ten by default: index,
                term, checksum, kind, size, whether the state has applied it, and the commands in it with their keys.
                It changes nothing.

                'log skip' is the way out when a member halts at an entry each time it starts: it marks that entry, which is
                then passed over as if it said nothing. What the entry says is lost. Index, term and checksum have to be
                those of the entry, as the member's last words or 'log show' give them. In a cluster the same entry has to
                be skipped on every member; docs/failures.md, "An entry that stops every member", has the steps.

                  --data-dir DIR     the member's data directory
                  --index N          one entry
                  --from N, --to N   entries from and to an index
                  --values           print keys and values in full
                  --term T           the entry's term
                  --checksum C       the entry's checksum
                  --reason TEXT      kept with the mark and logged when the entry is passed over
                  --list             print the marks
                  --undo             take back the mark of this index, term and checksum, before it was passed over

                Exit status: 0; 2 the command line names something else than the log holds; 65 files are damaged;
                73 or 74 a file cannot be written or read; 75 a member runs on this data directory.
                """;
    }
}
