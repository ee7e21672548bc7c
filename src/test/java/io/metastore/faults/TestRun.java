package io.metastore.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// One test class or method in a JVM of its own, on the project as it is or with a fault in it.
final class TestRun {
    private static final Duration LIMIT = Duration.ofSeconds(Long.getLong("faults.test.seconds", 240));

    private TestRun() {}

    /// How it ended.
    ///
    /// @param started  tests that ran
    /// @param failures names of those that failed
    /// @param ended    false when it took longer than it may, or its JVM died
    record Result(int started, List<String> failures, boolean ended) {
        boolean passed() {
            return ended && started > 0 && failures.isEmpty();
        }

        boolean failed() {
            return ended && !failures.isEmpty();
        }
    }

    static Result of(FaultTree tree, FaultTree.Place place, String test, List<String> java)
            throws IOException, InterruptedException {
        Path result = place.folder().resolve("result");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FaultTree.testArguments(tree.project()));
        command.add("-Djava.util.logging.manager=org.jboss.logmanager.LogManager");
        command.add("-Dmetastore.home=" + place.home());
        command.addAll(java);
        command.addAll(List.of("-cp", place.classPath(), RunTests.class.getName(), test, result.toString()));
        Process process = new ProcessBuilder(command)
                .directory(tree.project().toFile())
                .redirectErrorStream(true)
                .redirectOutput(place.folder().resolve("output.log").toFile())
                .start();
        if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
        if (!Files.exists(result)) {
            return new Result(0, List.of(), false);
        }
        List<String> lines = Files.readAllLines(result);
        int started = Integer.parseInt(lines.getFirst().split(" ")[0]);
        return new Result(started, List.copyOf(lines.subList(1, lines.size())), true);
    }
}
