package io.metastore.bench;

import io.metastore.client.UsageException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Finds the etcd to compare with, or builds it.
final class EtcdProgram {
    private EtcdProgram() {}

    /// @param given   executable or a folder with one; empty to look on PATH
    /// @param recipe  folder with a Go module that builds etcd from published modules; empty for none
    /// @param out     where a built executable goes
    static Path find(String given, String recipe, Path out, PrintStream err) throws IOException {
        if (!given.isEmpty()) {
            Path path = Path.of(given);
            Path program = Files.isDirectory(path) ? path.resolve("etcd") : path;
            if (!Files.isExecutable(program)) {
                throw new UsageException("--etcd names '" + given + "', where no executable etcd is");
            }
            return program.toAbsolutePath();
        }
        if (!recipe.isEmpty()) {
            return build(Path.of(recipe), out, err);
        }
        return onPath().orElseThrow(() -> new UsageException(
                "no etcd on PATH; name one with --etcd PATH, or a Go module that builds it with --etcd-recipe FOLDER"));
    }

    private static Optional<Path> onPath() {
        return Stream.of(Optional.ofNullable(System.getenv("PATH")).orElse("").split(":", -1))
                .map(folder -> Path.of(folder, "etcd"))
                .filter(program -> Files.isRegularFile(program) && Files.isExecutable(program))
                .findFirst();
    }

    private static Path build(Path recipe, Path out, PrintStream err) throws IOException {
        if (!Files.isRegularFile(recipe.resolve("go.mod"))) {
            throw new UsageException("--etcd-recipe names '" + recipe + "', where no go.mod is");
        }
        Path folder = Files.createDirectories(out.resolve("etcd-build")).toAbsolutePath();
        err.println("building etcd with Go from " + recipe + " (minutes the first time)");
        ProcessBuilder builder = new ProcessBuilder("go", "build", "-mod=readonly", "-o", folder + "/", "./...")
                .directory(recipe.toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.resolve("etcd-build.log").toFile());
        try {
            int status = builder.start().waitFor();
            if (status != 0) {
                throw new AbortedException("building etcd failed; see " + out.resolve("etcd-build.log"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AbortedException("interrupted while etcd was built");
        }
        return folder.resolve("etcd");
    }

    /// What the program says of its version, on one line.
    static String version(Path program) throws IOException {
        Process process = new ProcessBuilder(List.of(program.toString(), "--version"))
                .redirectErrorStream(true)
                .start();
        try (Stream<String> lines = process.inputReader().lines()) {
            return String.join("; ", lines.limit(4).toList());
        }
    }
}
