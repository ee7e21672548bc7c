package io.metastore.faults;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/// The built project and copies of what a fault changes in it. Nothing is changed in the project itself: each
/// fault gets a folder with its sources, the classes compiled from them, which go before the project's on the
/// class path, and, for black-box tests, a program with these classes in its jar.
final class FaultTree {
    private static final Path APP = Path.of("target", "quarkus-app");

    private final Path project;
    private final String libraries;
    private final Path scratch;

    /// @param project   folder of the project, built
    /// @param libraries class path of the tests without the project's own classes
    /// @param scratch   folder for everything that is made
    FaultTree(Path project, String libraries, Path scratch) {
        this.project = project;
        this.libraries = libraries;
        this.scratch = scratch;
    }

    /// Where a test is run.
    ///
    /// @param folder    scratch folder of its own
    /// @param classPath of the test's JVM
    /// @param home      where the program under test lies
    record Place(Path folder, String classPath, Path home) {}

    Path project() {
        return project;
    }

    /// The project as it is.
    Place healthy(String name) throws IOException {
        Path folder = Files.createDirectories(scratch.resolve(name));
        return new Place(folder, classPath(List.of()), project);
    }

    /// The project with the fault; what does not compile is an [IllegalArgumentException].
    Place planted(FaultCase fault) throws IOException {
        Path folder = Files.createDirectories(scratch.resolve(fault.name()));
        Path sources = Files.createDirectories(folder.resolve("src"));
        Path classes = Files.createDirectories(folder.resolve("classes"));
        List<String> changed = new ArrayList<>();
        for (FaultCase.Edit edit : fault.edits()) {
            Path copy = sources.resolve(edit.file());
            if (!Files.exists(copy)) {
                Files.createDirectories(copy.getParent());
                Files.copy(project.resolve(edit.file()), copy);
                changed.add(copy.toString());
            }
            Files.writeString(copy, edit.apply(Files.readString(copy)));
        }
        compile(changed, classes);
        Path home = fault.needsProgram() ? program(folder.resolve("home"), classes) : project;
        return new Place(folder, classPath(List.of(classes)), home);
    }

    private String classPath(List<Path> first) {
        List<String> entries = new ArrayList<>();
        first.forEach(entry -> entries.add(entry.toString()));
        entries.add(project.resolve("target/classes").toString());
        entries.add(project.resolve("target/test-classes").toString());
        entries.add(libraries);
        return String.join(":", entries);
    }

    private void compile(List<String> sources, Path classes) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        List<String> options =
                List.of("-d", classes.toString(), "-cp", classPath(List.of()), "-proc:none", "-parameters", "-nowarn");
        StringWriter said = new StringWriter();
        try (var files = compiler.getStandardFileManager(null, null, null)) {
            boolean compiled = compiler.getTask(
                            said,
                            files,
                            null,
                            options,
                            null,
                            files.getJavaFileObjects(
                                    sources.stream().map(Path::of).toArray(Path[]::new)))
                    .call();
            if (!compiled) {
                throw new IllegalArgumentException("does not compile: " + said);
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("does not compile", e);
        }
    }

    /// A copy of the program, with `classes` in its own jar. What does not change is linked.
    private Path program(Path home, Path classes) throws IOException {
        Path launcher = Files.createDirectories(home.resolve("bin")).resolve("metastore");
        Files.copy(project.resolve("bin/metastore"), launcher, StandardCopyOption.COPY_ATTRIBUTES);
        Path from = project.resolve(APP);
        Path to = home.resolve(APP);
        for (Path file : filesIn(from)) {
            Path target = to.resolve(from.relativize(file));
            Files.createDirectories(target.getParent());
            if (from.relativize(file).startsWith("app")) {
                Files.copy(file, target);
                put(classes, target);
            } else {
                Files.createLink(target, file);
            }
        }
        return home;
    }

    private static void put(Path classes, Path jar) throws IOException {
        try (FileSystem inJar = FileSystems.newFileSystem(jar)) {
            for (Path file : filesIn(classes)) {
                Path target = inJar.getPath("/" + classes.relativize(file));
                Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static List<Path> filesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    /// The JVM arguments that the build gives to tests.
    static List<String> testArguments(Path project) throws IOException {
        String pom = Files.readString(project.resolve("pom.xml"));
        String open = "<test.jvm.args>";
        int from = pom.indexOf(open) + open.length();
        return Arrays.asList(
                pom.substring(from, pom.indexOf("</test.jvm.args>")).strip().split(" +"));
    }
}
