package io.metastore.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The packaged program starts with the cache that the build trained, in another place too, and without it wherever it
/// does not fit: then one line says so, and nothing else changes.
@Timeout(120)
class StartCacheIT {
    private static final Path HOME = Path.of(System.getProperty("metastore.home", "."));
    private static final Path APP = HOME.resolve("target/quarkus-app");
    private static final String WITHOUT = "starting without";

    @TempDir
    Path folder;

    private Path installed;

    /// Installs the program in another place; what nobody changes is linked.
    @BeforeEach
    void install() throws IOException {
        assumeFalse(Boolean.getBoolean("metastore.aot.skip"), "-Dmetastore.aot.skip: packaged without a cache");
        assertTrue(Files.exists(APP.resolve("metastore.aot")), "the build could not train the cache");
        Path launcher = folder.resolve("bin/metastore");
        Files.createDirectories(launcher.getParent());
        Files.copy(HOME.resolve("bin/metastore"), launcher, StandardCopyOption.COPY_ATTRIBUTES);
        installed = folder.resolve("lib/metastore");
        try (Stream<Path> files = Files.walk(APP)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = installed.resolve(APP.relativize(file));
                Files.createDirectories(target.getParent());
                if (file.getParent().endsWith("app")) {
                    Files.copy(file, target, StandardCopyOption.COPY_ATTRIBUTES);
                } else {
                    Files.createLink(target, file);
                }
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /// Starts a member, waits until it is ready, ends it.
    ///
    /// @return what it said on both streams, and each class that Java loaded with where from
    private String start(String options) throws Exception {
        Path classes = folder.resolve("classes");
        Path log = folder.resolve("log");
        ProcessBuilder builder = new ProcessBuilder(
                folder.resolve("bin/metastore").toString(),
                "--data-dir=" + folder.resolve("data"),
                "--listen-client-urls=http://127.0.0.1:" + freePort(),
                "--advertise-client-urls=http://127.0.0.1:1");
        builder.environment().put("METASTORE_JAVA_OPTS", options + " -Xlog:class+load:file=" + classes);
        Process process =
                builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        try {
            while (!Files.readString(log).contains("ready to serve")) {
                assertFalse(process.waitFor(50, TimeUnit.MILLISECONDS), () -> "ended: " + log);
            }
        } finally {
            process.destroy();
            assertTrue(process.waitFor(30, TimeUnit.SECONDS));
        }
        return Files.readString(log);
    }

    /// Of the program's own classes, those that came out of the cache.
    private List<String> cached() throws IOException {
        try (Stream<String> lines = Files.lines(folder.resolve("classes"))) {
            return lines.filter(line -> line.contains(" io.metastore.") && line.contains("source: shared objects file"))
                    .toList();
        }
    }

    @Test
    void classesComeOutOfTheCacheInAnotherPlaceToo() throws Exception {
        String said = start("");
        assertFalse(said.contains(WITHOUT), said);
        assertTrue(cached().size() > 200, () -> "classes from the cache");
    }

    @Test
    void anotherCollectorStartsSilently() throws Exception {
        for (String collector : List.of("-XX:+UseG1GC", "-XX:+UseParallelGC")) {
            String said = start(collector);
            assertFalse(said.contains(WITHOUT) || said.contains("[aot"), said);
        }
    }

    @Test
    void anOptionThatDoesNotGoWithItIsAnsweredWithOneLine() throws Exception {
        for (String option : List.of("-XX:+UseZGC", "-XX:-UseCompactObjectHeaders")) {
            String said = start(option);
            assertEquals(1, said.lines().filter(line -> line.contains(WITHOUT)).count(), said);
            assertFalse(said.contains("[aot"), said);
            assertEquals(List.of(), cached());
        }
    }

    /// Java itself would go on with the classes of the jar that was there before.
    @Test
    void anotherJarIsNotMixedWithTheClassesOfTheOldOne() throws Exception {
        Path jar;
        try (Stream<Path> app = Files.list(installed.resolve("app"))) {
            jar = app.findFirst().orElseThrow();
        }
        var old = Files.getLastModifiedTime(jar);
        // Behind its directory of entries, where a jar may have anything.
        Files.writeString(jar, "\n", StandardOpenOption.APPEND);
        Files.setLastModifiedTime(jar, old);
        String said = start("");
        assertEquals(
                1,
                said.lines()
                        .filter(line -> line.contains(WITHOUT) && line.contains("it was made from other jars"))
                        .count(),
                said);
        assertEquals(List.of(), cached());
    }
}
