package io.metastore.durability;

import java.nio.file.Path;

/// How a member that ended explains itself, without what differs from run to run.
///
/// @param status what it ended with
/// @param line   its last line on standard error, numbers as N, ids as ID
record Said(String status, String line) {
    private static final String PREFIX = "metastore: ";

    /// @param data the member's data-dir
    static Said of(Server.End end, Path data) {
        String line = end.output()
                .lines()
                .filter(text -> text.startsWith(PREFIX))
                .reduce((_, last) -> last)
                .orElseThrow(() -> new AssertionError("status " + end.status() + " and no reason:\n" + end.output()));
        return new Said(Integer.toString(end.status()), plain(line.substring(PREFIX.length()), data));
    }

    /// A line without what differs from run to run.
    static String plain(String line, Path data) {
        return line.strip()
                .replace(data.toString(), "DATA-DIR")
                .replaceAll("127\\.0\\.0\\.1:\\d+", "ADDRESS")
                .replaceAll("\\b[0-9a-f]{14,16}\\b", "ID")
                .replaceAll("\\d+", "N");
    }
}
