package io.metastore.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
    private static final String COMPILED_APART = "-XX:CompileCommand=dontinline,";

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
                        "-Xms160m",
                        "-Xmn48m",
                        "-XX:-TieredCompilation",
                        "-XX:CompileThreshold=5000",
                        "-XX:CompileCommand=quiet",
                        "-XX:+UseCompactObjectHeaders",
                        "-XX:TrimNativeHeapInterval=2000",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Dcom.google.protobuf.use_unsafe_pre22_gencode=true",
                        "-jar",
                        folder.resolve("home/target/quarkus-app/quarkus-run.jar")
                                .toRealPath()
                                .toString(),
                        "server",
                        "--name",
                        "two words"),
                ended.out()
                        .lines()
                        .filter(option -> !option.startsWith(COMPILED_APART))
                        .toList());
    }

    /// Java says nothing of a method that is not there.
    @Test
    void methodsThatAreCompiledApartAreThere() throws Exception {
        build("target/quarkus-app/quarkus-run.jar");
        List<String> methods = run(launcher, Map.of(), "server")
                .out()
                .lines()
                .filter(option -> option.startsWith(COMPILED_APART))
                .map(option -> option.substring(COMPILED_APART.length()))
                .toList();
        assertTrue(methods.size() > 10, methods.toString());
        for (String method : methods) {
            String[] parts = method.split("::");
            Class<?> type = Class.forName(parts[0], false, getClass().getClassLoader());
            assertTrue(
                    Arrays.stream(type.getDeclaredMethods())
                            .anyMatch(declared -> declared.getName().equals(parts[1])),
                    method);
        }
    }

    @Test
    void whatDoesNotStayIsCompiledAsUsual() throws Exception {
        build("target/quarkus-app/quarkus-run.jar");
        for (String command : List.of("version", "help", "config", "bench")) {
            String options = run(launcher, Map.of(), command).out();
            assertFalse(options.contains("-XX:-Tiered") || options.contains(COMPILED_APART), options);
        }
        assertTrue(run(launcher, Map.of(), "--name=a").out().contains(COMPILED_APART));
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
        Ended sized = run(launcher, Map.of("METASTORE_JAVA_OPTS", "-Xmx256m"), "version");
        assertTrue(sized.out().contains("UseSerialGC"), sized.out());
        assertFalse(sized.out().contains("-Xms160m"), sized.out());
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
