package io.metastore.consensus.jraft;

import io.metastore.engine.EngineFailure;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The entries of the raft log that this member does not apply, as `metastore log skip` marked them. They are
/// kept for ever, also when the log has long been cut off behind them: members whose lists differ may have
/// different states, so they have to be able to tell each other.
///
/// The file `skipped` beside the log, checked like all of [CheckedText]:
///
/// skipped entries, format 1
/// 17 3 0a1b2c3d wide+delete      index, term, checksum, reason as in a URL
/// crc32c 5e6f7a8b
///
/// A list never changes; [#with] and [#without] make another, which counts at the next start.
public final class SkippedEntries {
    private static final String NAME = "skipped";
    private static final String FORMAT = "skipped entries, format ";
    private static final String KNOWN = "1";
    private static final Pattern LINE =
            Pattern.compile("([1-9]\\d{0,17}) ([1-9]\\d{0,17}) ([0-9a-f]{8}) ((?:[A-Za-z0-9.*_+-]|%[0-9A-F]{2})*)");

    private final TreeMap<Long, SkippedEntry> entries;

    private SkippedEntries(TreeMap<Long, SkippedEntry> entries) {
        this.entries = entries;
    }

    /// Reads the list of a member; it is empty when there is no file.
    ///
    /// @param raft folder of log, vote and snapshots
    /// @throws EngineFailure naming the file when it is damaged, of another format or cannot be read
    public static SkippedEntries read(Path raft) {
        Path file = raft.resolve(NAME);
        TreeMap<Long, SkippedEntry> entries = new TreeMap<>();
        if (Files.notExists(file)) {
            return new SkippedEntries(entries);
        }
        try {
            List<String> lines = CheckedText.read(file).lines().toList();
            checkFormat(file, lines);
            for (String line : lines.subList(1, lines.size())) {
                SkippedEntry entry = parse(file, line);
                entries.put(entry.index(), entry);
            }
        } catch (IOException failure) {
            throw EngineFailure.ofReading("the list of skipped entries cannot be read", failure);
        }
        return new SkippedEntries(entries);
    }

    private static void checkFormat(Path file, List<String> lines) {
        if (lines.isEmpty() || !lines.getFirst().startsWith(FORMAT)) {
            throw new EngineFailure(
                    EngineFailure.Kind.DAMAGED, file + " is damaged: it does not begin with \"" + FORMAT + "\"", null);
        }
        String format = lines.getFirst().substring(FORMAT.length());
        if (!format.equals(KNOWN)) {
            throw new EngineFailure(
                    EngineFailure.Kind.OTHER_FORMAT,
                    file + " has format " + format + ", this version knows format " + KNOWN,
                    null);
        }
    }

    private static SkippedEntry parse(Path file, String line) {
        Matcher matcher = LINE.matcher(line);
        if (!matcher.matches()) {
            throw new EngineFailure(
                    EngineFailure.Kind.DAMAGED, file + " is damaged: \"" + line + "\" names no entry", null);
        }
        return new SkippedEntry(
                Long.parseLong(matcher.group(1)),
                Long.parseLong(matcher.group(2)),
                Integer.parseUnsignedInt(matcher.group(3), 16),
                URLDecoder.decode(matcher.group(4), StandardCharsets.UTF_8));
    }

    /// Writes the list in place of the former; it survives a loss of power when this returns.
    public void write(Path raft) throws IOException {
        StringBuilder lines = new StringBuilder(FORMAT + KNOWN + "\n");
        for (SkippedEntry entry : entries.values()) {
            lines.append(entry.index())
                    .append(' ')
                    .append(entry.term())
                    .append(' ')
                    .append(SkippedEntry.text(entry.checksum()))
                    .append(' ')
                    .append(URLEncoder.encode(entry.reason(), StandardCharsets.UTF_8))
                    .append('\n');
        }
        CheckedText.write(raft.resolve(NAME), lines.toString());
    }

    /// All of them, in order of their index.
    public List<SkippedEntry> list() {
        return List.copyOf(entries.values());
    }

    /// The mark at an index, whichever entry it is of.
    public Optional<SkippedEntry> at(long index) {
        return Optional.ofNullable(entries.get(index));
    }

    /// Whether exactly this entry is marked.
    public boolean contains(long index, long term, int checksum) {
        return at(index)
                .filter(entry -> entry.term() == term && entry.checksum() == checksum)
                .isPresent();
    }

    /// This list and one more.
    ///
    /// @throws IllegalArgumentException when another entry with its index is marked
    public SkippedEntries with(SkippedEntry added) {
        Predicate<SkippedEntry> other = mark -> mark.term() != added.term() || mark.checksum() != added.checksum();
        at(added.index()).filter(other).ifPresent(mark -> {
            throw new IllegalArgumentException(mark + " is marked already, not that of term " + added.term());
        });
        TreeMap<Long, SkippedEntry> more = new TreeMap<>(entries);
        more.putIfAbsent(added.index(), added);
        return new SkippedEntries(more);
    }

    /// This list without the mark at an index.
    public SkippedEntries without(long index) {
        TreeMap<Long, SkippedEntry> fewer = new TreeMap<>(entries);
        fewer.remove(index);
        return new SkippedEntries(fewer);
    }
}
