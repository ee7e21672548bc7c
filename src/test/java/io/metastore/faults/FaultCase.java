package io.metastore.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// A fault to plant: changes of source files, and the test that has to notice.
///
/// A file of its own says what it is, in lines:
///
/// ```
/// what: the upper bound of a filter on revisions leaves out the bound itself
/// test: io.metastore.machine.StateMachineModelTest#historiesEndAsTheOracleSays
/// java: -Dcommands=2000
/// file: src/main/java/io/metastore/mvcc/RangeQuery.java
/// -&& (maxMod == 0 || entry.main() <= maxMod)
/// +&& (maxMod == 0 || entry.main() < maxMod)
/// ```
///
/// `java` holds further arguments for the test's JVM and may be left out; `#method` too. Under `file` stands
/// one change or several with an empty line between them: lines to take out (`-`), to put in (`+`), and to
/// leave alone (a space), which have to be found exactly once, one after the other. Space around a line of
/// source does not matter.
///
/// @param name  name of the file without its ending
/// @param what  the fault in a sentence
/// @param test  class, or `class#method`
/// @param java  arguments for the JVM of the test
/// @param edits changes of files
record FaultCase(String name, String what, String test, List<String> java, List<Edit> edits) {
    static final String ENDING = ".fault";

    /// One change of a file.
    ///
    /// @param file   path from the project's folder
    /// @param before lines to find, stripped
    /// @param after  lines to stand in their place
    record Edit(String file, List<String> before, List<String> after) {
        /// The text with the change; says so when the place is not there, or more than once.
        String apply(String text) {
            List<String> lines = new ArrayList<>(text.lines().toList());
            List<String> stripped = lines.stream().map(String::strip).toList();
            int at = -1;
            for (int i = 0; i + before.size() <= stripped.size(); i++) {
                if (stripped.subList(i, i + before.size()).equals(before)) {
                    if (at >= 0) {
                        throw new IllegalArgumentException(file + " holds it twice: " + String.join(" ", before));
                    }
                    at = i;
                }
            }
            if (at < 0) {
                throw new IllegalArgumentException(file + " does not hold: " + String.join(" ", before));
            }
            lines.subList(at, at + before.size()).clear();
            lines.addAll(at, after);
            return String.join("\n", lines) + "\n";
        }
    }

    boolean needsProgram() {
        return testClass().endsWith("IT");
    }

    String testClass() {
        return test.split("#", 2)[0];
    }

    /// All faults of a folder, by name.
    static List<FaultCase> all(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<FaultCase> cases = new ArrayList<>();
            for (Path file : files.sorted().toList()) {
                if (file.toString().endsWith(ENDING)) {
                    cases.add(read(file));
                }
            }
            return cases;
        }
    }

    static FaultCase read(Path path) throws IOException {
        String file = path.getFileName().toString();
        Reader reader = new Reader(file.substring(0, file.length() - ENDING.length()));
        Files.readAllLines(path).forEach(reader::line);
        return reader.end();
    }

    private static final class Reader {
        private final String name;
        private final List<Edit> edits = new ArrayList<>();
        private final List<String> before = new ArrayList<>();
        private final List<String> after = new ArrayList<>();
        private List<String> java = List.of();
        private String what = "";
        private String test = "";
        private String file = "";

        private Reader(String name) {
            this.name = name;
        }

        private void line(String line) {
            if (line.isBlank()) {
                endEdit();
            } else if (line.startsWith("what: ")) {
                what = line.substring(6);
            } else if (line.startsWith("test: ")) {
                test = line.substring(6).strip();
            } else if (line.startsWith("java: ")) {
                java = Arrays.asList(line.substring(6).strip().split(" +"));
            } else if (line.startsWith("file: ")) {
                endEdit();
                file = line.substring(6).strip();
            } else {
                change(line);
            }
        }

        private void change(String line) {
            String rest = line.substring(1);
            switch (line.charAt(0)) {
                case '-' -> before.add(rest.strip());
                case '+' -> after.add(rest);
                case ' ' -> {
                    before.add(rest.strip());
                    after.add(rest);
                }
                default -> throw new IllegalArgumentException(name + ": what is this line? " + line);
            }
        }

        private void endEdit() {
            if (!before.isEmpty() || !after.isEmpty()) {
                if (before.isEmpty() || file.isEmpty()) {
                    throw new IllegalArgumentException(name + ": a change without a file or a place in it");
                }
                edits.add(new Edit(file, List.copyOf(before), List.copyOf(after)));
                before.clear();
                after.clear();
            }
        }

        private FaultCase end() {
            endEdit();
            if (what.isEmpty() || test.isEmpty() || edits.isEmpty()) {
                throw new IllegalArgumentException(name + ": says no `what`, no `test`, or changes nothing");
            }
            return new FaultCase(name, what, test, java, List.copyOf(edits));
        }
    }
}
