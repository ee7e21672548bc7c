package io.metastore.durability;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The system calls of a process as `strace -f -ttt -y` wrote them down.
///
/// strace stops a thread at both ends of a call until it has written its line, so the order of lines is an
/// order in which things can have happened: what a thread did because of another's call stands behind that
/// call's end.
final class SystemCalls {
    private static final Pattern LINE = Pattern.compile("(\\d+) +[\\d.]+ (.*)");
    private static final Pattern CALL = Pattern.compile("(\\w+)\\((\\d+)<([^>]*)>(.*)");
    private static final Pattern RESULT = Pattern.compile(".* = (-?\\d+)( .*)?");
    private static final String UNFINISHED = " <unfinished ...>";

    private SystemCalls() {}

    /// One call on a file or socket.
    ///
    /// @param begun  number of the line in which it begins
    /// @param ended  number of the line in which it ends, [Integer#MAX_VALUE] when it never did
    /// @param file   path of the file, or `socket:[number]`
    /// @param data   its other arguments; bytes that are not printable are escaped
    /// @param result what it returned, -1 for an error
    record Call(int begun, int ended, String name, String file, String data, long result) {
        boolean isSync() {
            return name.equals("fdatasync") || name.equals("fsync");
        }

        boolean isWrite() {
            return !isSync();
        }
    }

    /// Reads a trace, the calls in the order of their beginnings.
    static List<Call> read(Path trace) throws IOException {
        List<Call> calls = new ArrayList<>();
        Map<String, Integer> open = new HashMap<>();
        try (BufferedReader lines = Files.newBufferedReader(trace, StandardCharsets.ISO_8859_1)) {
            int number = 0;
            for (String text = lines.readLine(); text != null; text = lines.readLine()) {
                number++;
                Matcher line = LINE.matcher(text);
                if (!line.matches()) {
                    continue;
                }
                String thread = line.group(1);
                String rest = line.group(2);
                Integer begun = rest.startsWith("<... ") ? open.remove(thread) : null;
                if (begun != null) {
                    Call call = calls.get(begun);
                    calls.set(begun, ended(call, number, rest));
                    continue;
                }
                Matcher parts = CALL.matcher(rest);
                if (parts.matches()) {
                    Call call = new Call(number, Integer.MAX_VALUE, parts.group(1), parts.group(3), parts.group(4), -1);
                    if (rest.endsWith(UNFINISHED)) {
                        open.put(thread, calls.size());
                        calls.add(call);
                    } else {
                        calls.add(ended(call, number, rest));
                    }
                }
            }
        }
        return calls;
    }

    private static Call ended(Call call, int line, String text) {
        Matcher result = RESULT.matcher(text);
        return new Call(
                call.begun(),
                line,
                call.name(),
                call.file(),
                call.data(),
                result.matches() ? Long.parseLong(result.group(1)) : -1);
    }
}
