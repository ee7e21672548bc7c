package io.metastore.local;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The words that started this program, up to its own arguments: Java with its options and the jar as the launcher put
/// them together, or the native executable.
public final class OwnCommand {
    /// Holds all words however long they are; Java itself tells no more than 4096 bytes of them.
    private static final Path WORDS = Path.of("/proc/self/cmdline");

    private OwnCommand() {}

    /// @param subcommand the first of the program's own arguments
    /// @throws LocalFailure when the system does not tell
    public static List<String> upTo(String subcommand) {
        ProcessHandle.Info self = ProcessHandle.current().info();
        List<String> words = new ArrayList<>();
        try {
            if (Files.isReadable(WORDS)) {
                String text = Files.readString(WORDS, Charset.defaultCharset());
                words.addAll(Arrays.asList(text.split("\0", -1)));
            } else {
                self.command().ifPresent(words::add);
                self.arguments().map(Arrays::asList).ifPresent(words::addAll);
            }
        } catch (IOException failure) {
            throw new LocalFailure(
                    LocalFailure.Reason.MEMBER, "how this program was started cannot be read: " + failure, failure);
        }
        return upTo(subcommand, words, self.command().orElse(""));
    }

    /// @param words   of the process, its executable first, perhaps as it was typed
    /// @param program the executable's path; empty where it is not known
    static List<String> upTo(String subcommand, List<String> words, String program) {
        int end = words.indexOf(subcommand);
        if (end < 1) {
            throw new LocalFailure(
                    LocalFailure.Reason.MEMBER,
                    "the members cannot be started: the system does not tell how this program was, only " + words);
        }
        List<String> command = new ArrayList<>(words.subList(0, end));
        if (!program.isEmpty()) {
            command.set(0, program);
        }
        return command;
    }
}
