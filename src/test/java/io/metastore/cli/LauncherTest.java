package io.metastore.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `bin/metastore` finds its jar and a Java from any working directory, and says plainly what is missing.
/// The Java of these tests is a script that prints what it was called with.
class LauncherTest {
    private static final String LAST_RESORT =
            "-XX:OnOutOfMemoryError=(sleep 5 && kill -9 %p) </dev/null >/dev/null 2>&1 &";

    @TempDir
    Path folder;

    private Path launcher;
    private Path java;

    record Ended(int status, String out, String err) {}

    @BeforeEach
    void install() throws IOException {
        launcher = folder.resolve("home/bin/metastore");
        Files.createDirectories(launcher.getParent());
        Files.copy(Path.of("bin", "metastore"), launcher);
        java = folder.resolve("a java");
        script(java.resolve("bin/java"), "#!/bin/sh\nfor word in \"$@\"; do echo \"$word\"; done\nexit 7\n");
        Files.writeString(java.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
    }

    private static void script(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        assertTrue(file.toFile().setExecutable(true));
    }

    private Ended run(Path program, Map<String, String> environment, String... arguments) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(program.toString());
        builder.command().addAll(List.of(arguments));
        builder.directory(Files.createDirectories(folder.resolve("elsewhere")).toFile());
        builder.environment().put("JAVA_HOME", java.toString());
        builder.environment().remove("METASTORE_JAVA_OPTS");
        builder.environment().putAll(environment);
        builder.redirectError(folder.resolve("err").toFile());
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(20, TimeUnit.SECONDS));
        return new Ended(process.exitValue(), out, Files.readString(folder.resolve("err")));
    }

    private void build(String jar) throws IOException {
        Path file = folder.resolve("home").resolve(jar);
        Files.createDirectories(file.getParent());
        Files.createFile(file);
    }

    /// Services and containers have no locale, or one that is not installed: Java would read `--data-dir dä` as
    /// `d??` then.
    @Test
    void readsUtf8WhateverTheLocale() throws Exception {
        build("target/quarkus-app/quarkus-run.jar");
        script(java.resolve("bin/java"), "#!/bin/sh\nlocale charmap 2>/dev/null\n");
        for (Map<String, String> locale : List.of(
                Map.of("LANG", ""),
                Map.of("LANG", "C"),
                Map.of("LC_ALL", "POSIX"),
                Map.of("LC_CTYPE", "C", "LANG", "C.UTF-8"),
                Map.of("LANG", "xx_XX.UTF-8"),
                Map.of("LANG", "C.UTF-8"))) {
            Map<String, String> environment = new HashMap<>(Map.of("LANG", "", "LC_ALL", "", "LC_CTYPE", ""));
            environment.putAll(locale);
            assertEquals("UTF-8", run(launcher, environment, "server").out().strip(), locale.toString());
        }
    }

    @Test
    void runsTheJarOfTheCheckout() throws Exception {
        build("target/quarkus-app/quarkus-run.jar");
        Ended ended = run(launcher, Map.of(), "server", "--name", "two words");
        assertEquals(7, ended.status(), "the status is the program's");
        assertEquals(
                List.of(
                        "-XX:+UseSerialGC",
                        "-XX:SurvivorRatio=1",
                        "-XX:TargetSurvivorRatio=90",
                        "-Xmn48m",
                        "-Xms160m",
                        "-XX:Tier4InvocationThreshold=30000",
                        "-XX:Tier4CompileThreshold=60000",
                        "-XX:+UseCompactObjectHeaders",
                        "-XX:TrimNativeHeapInterval=2000",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Dcom.google.protobuf.use_unsafe_pre22_gencode=true",
                        LAST_RESORT,
                        "-jar",
                        folder.resolve("home/target/quarkus-app/quarkus-run.jar")
                                .toRealPath()
                                .toString(),
                        "server",
                        "--name",
                        "two words"),
                ended.out().lines().toList());
    }

    /// A cache of the Java with that `release` file, and of one jar that is empty.
    private Path cacheFor(String release) throws IOException {
        build("target/quarkus-app/quarkus-run.jar");
        Path cache = folder.resolve("home/target/quarkus-app/metastore.aot");
        Files.writeString(cache, "cache");
        Files.writeString(cache.resolveSibling("metastore.aot.release"), release);
        Files.writeString(cache.resolveSibling("metastore.aot.jars"), "0 ./quarkus-run.jar\n");
        return cache.toRealPath();
    }

    private void assertLeftOut(String why) throws Exception {
        Ended ended = run(launcher, Map.of(), "version");
        assertEquals(7, ended.status());
        assertFalse(ended.out().contains("AOT"), ended.out());
        assertEquals(1, ended.err().lines().count(), ended.err());
        assertTrue(ended.err().contains("metastore.aot, which is slower: " + why + ". Make it anew: "), ended.err());
        assertTrue(ended.err().contains(launcher + " bench train --metastore " + launcher), ended.err());
    }

    @Test
    void takesTheCacheThatTheSameJavaMadeFromTheseJars() throws Exception {
        Path cache = cacheFor(Files.readString(java.resolve("release")));
        Ended ended = run(launcher, Map.of(), "version");
        assertTrue(ended.out().contains("\n-XX:AOTCache=" + cache + "\n"), ended.out());
        assertEquals("", ended.err());
    }

    @Test
    void leavesOutWithALineTheCacheOfAnotherJava() throws Exception {
        cacheFor("JAVA_VERSION=\"25.0.0\"\n");
        assertLeftOut("another Java made it");
    }

    @Test
    void leavesOutWithALineTheCacheOfOtherJars() throws Exception {
        Path cache = cacheFor(Files.readString(java.resolve("release")));
        Path more = Files.createFile(cache.resolveSibling("more.jar"));
        Files.setLastModifiedTime(more, FileTime.from(Instant.EPOCH));
        assertLeftOut("it was made from other jars");
        Files.delete(more);
        Path jar = cache.resolveSibling("quarkus-run.jar");
        Files.setLastModifiedTime(jar, FileTime.from(Instant.now().plusSeconds(10)));
        assertLeftOut("it was made from other jars");
    }

    @Test
    void theJavaThatMadeTheCacheIsTakenFirst() throws Exception {
        cacheFor("JAVA_VERSION=\"26\"\nbuilt=this\n");
        for (String release : List.of("25.0.1", "26")) {
            Path jdk = folder.resolve("user/.jdks/" + release);
            script(jdk.resolve("bin/java"), "#!/bin/sh\necho java " + release + "\n");
            Files.writeString(
                    jdk.resolve("release"),
                    "JAVA_VERSION=\"" + release + "\"\n" + (release.equals("26") ? "built=this\n" : ""));
        }
        Map<String, String> environment =
                Map.of("JAVA_HOME", "", "HOME", folder.resolve("user").toString());
        Ended ended = run(launcher, environment, "version");
        assertEquals(new Ended(0, "java 26\n", ""), ended);
    }

    @Test
    void aCacheOfOnesOwnComesFirst() throws Exception {
        cacheFor(Files.readString(java.resolve("release")));
        Ended ended = run(launcher, Map.of("METASTORE_JAVA_OPTS", "-XX:AOTCacheOutput=/x.aot"), "server");
        assertFalse(ended.out().contains("-XX:AOTCache="), ended.out());
        assertTrue(ended.out().contains("-XX:AOTCacheOutput=/x.aot"), ended.out());
    }

    @Test
    void runsTheInstalledJarThroughALink() throws Exception {
        build("lib/metastore/quarkus-run.jar");
        Files.createSymbolicLink(folder.resolve("first"), Path.of("home/bin/metastore"));
        Path second = Files.createSymbolicLink(folder.resolve("second"), folder.resolve("first"));
        Ended ended = run(second, Map.of(), "version");
        assertTrue(ended.out().contains("home/lib/metastore/quarkus-run.jar\nversion\n"), ended.toString());
    }

    @Test
    void runsTheNativeExecutableWhereThereIsNoJar() throws Exception {
        script(folder.resolve("home/target/metastore"), "#!/bin/sh\necho native \"$@\"\nexit 5\n");
        Ended ended = run(launcher, Map.of("JAVA_HOME", "/nowhere"), "version");
        assertEquals(new Ended(5, "native version\n", ""), ended);

        build("target/quarkus-app/quarkus-run.jar");
        assertEquals(7, run(launcher, Map.of(), "version").status(), "the jar comes first");
    }

    @Test
    void collectorAndHeapCanBeChosen() throws Exception {
        build("target/quarkus-app/quarkus-run.jar");
        Ended ended = run(launcher, Map.of("METASTORE_JAVA_OPTS", "-Xmx1g -XX:+UseG1GC"), "version");
        assertFalse(ended.out().contains("UseSerialGC"), ended.out());
        assertFalse(ended.out().contains("-Xms160m"), "a start size of the launcher's could be above a largest one");
        assertTrue(ended.out().contains("\n-Xmx1g\n-XX:+UseG1GC\n-jar\n"), ended.out());
    }

    @Test
    void aLargestHeapAloneLeavesTheYoungPartAsItIs() throws Exception {
        build("target/quarkus-app/quarkus-run.jar");
        for (String largest : List.of("-Xmx1g", "-Xmx192m", "-XX:MaxRAMPercentage=50")) {
            Ended sized = run(launcher, Map.of("METASTORE_JAVA_OPTS", largest), "version");
            assertTrue(sized.out().contains("-XX:+UseSerialGC\n"), sized.out());
            assertTrue(sized.out().contains("\n-Xmn48m\n"), largest + ": " + sized.out());
            assertFalse(sized.out().contains("-Xms160m"), "a first size could be above the largest: " + sized.out());
        }
        for (String young : List.of("-Xmn60m", "-XX:NewSize=60m", "-XX:NewRatio=3")) {
            Ended sized = run(launcher, Map.of("METASTORE_JAVA_OPTS", young), "version");
            assertFalse(sized.out().contains("-Xmn48m"), young + ": " + sized.out());
            assertTrue(sized.out().contains("-Xms160m"), young + ": " + sized.out());
        }
    }

    /// Uses up its memory, then ends itself with the status of a fault, or hangs.
    static final class Hoarder {
        private Hoarder() {}

        public static void main(String[] words) throws InterruptedException {
            List<byte[]> hoard = new ArrayList<>();
            try {
                while (true) {
                    hoard.add(new byte[1 << 20]);
                }
            } catch (OutOfMemoryError e) {
                hoard.clear();
                if (words[0].equals("halts")) {
                    Runtime.getRuntime().halt(70);
                }
            }
            Thread.sleep(TimeUnit.MINUTES.toMillis(1));
        }
    }

    private static Process hoarder(String word) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx32m",
                        LAST_RESORT,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Hoarder.class.getName(),
                        word)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    @Test
    void whoHangsWithoutMemoryIsEndedAndWhoEndsItselfKeepsItsStatus() throws Exception {
        Process hangs = hoarder("hangs");
        Process halts = hoarder("halts");
        try {
            assertTrue(halts.waitFor(20, TimeUnit.SECONDS));
            assertEquals(70, halts.exitValue(), "the last resort leaves it the time to say why");
            assertTrue(hangs.waitFor(30, TimeUnit.SECONDS));
            assertEquals(128 + 9, hangs.exitValue());
        } finally {
            hangs.destroyForcibly();
            halts.destroyForcibly();
        }
    }

    @Test
    void saysHowToBuild() throws Exception {
        Files.createFile(folder.resolve("home/pom.xml"));
        Ended ended = run(launcher, Map.of(), "version");
        assertEquals(1, ended.status());
        assertTrue(ended.err().contains("./mvnw package -DskipTests"), ended.err());
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        Ended ended = run(launcher, Map.of(), "version");
        assertEquals(1, ended.status());
        assertTrue(ended.err().contains("lib/metastore/quarkus-run.jar"), ended.err());
    }
}
