package io.metastore.blackbox;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What the suite runs against, chosen by `-Dmetastore.target=`:
///
/// | value | meaning |
/// |---|---|
/// | `jar` (default) | the packaged program, through `bin/metastore server` |
/// | `native` | the native executable: `target/metastore`, or the one given by `-Dmetastore.executable=` |
/// | `etcd` | the etcd executable given by `-Dmetastore.etcd=`, or else by the variable `ETCD_BIN` |
/// | `external` | a member that runs already, at `-Dmetastore.endpoint=host:port`; tests that need a member of their
/// own are skipped |
///
/// `-Dmetastore.engine=memory` runs MetaStore on that engine.
public sealed interface MemberTarget {

    /// Short name for file names.
    String label();

    /// A program that understands etcd's flags.
    record Program(String label, List<String> command) implements MemberTarget {}

    /// A member that somebody else started.
    record External(String host, int port) implements MemberTarget {
        @Override
        public String label() {
            return "external";
        }
    }

    /// The target of this run.
    static MemberTarget current() {
        String target = System.getProperty("metastore.target", "jar");
        return switch (target) {
            case "jar" -> jar();
            case "native" -> nativeExecutable();
            case "etcd" ->
                etcd().orElseThrow(() ->
                        new IllegalStateException("-Dmetastore.target=etcd needs -Dmetastore.etcd=PATH or ETCD_BIN"));
            case "external" -> {
                String endpoint = property("metastore.endpoint");
                int colon = endpoint.lastIndexOf(':');
                yield new External(endpoint.substring(0, colon), Integer.parseInt(endpoint.substring(colon + 1)));
            }
            default ->
                throw new IllegalArgumentException(
                        "-Dmetastore.target is one of jar, native, etcd, external, not " + target);
        };
    }

    /// The packaged jar, for tests that run it beside another target, too.
    static Program jar() {
        return metastore("jar", executable(home().resolve("bin/metastore")));
    }

    /// The native executable.
    static Program nativeExecutable() {
        String given = System.getProperty("metastore.executable");
        Path built = home().resolve("target/metastore");
        return metastore("native", given == null ? executable(built) : executable(given));
    }

    private static Program metastore(String label, String executable) {
        String engine = System.getProperty("metastore.engine", "");
        return engine.isEmpty()
                ? new Program(label, List.of(executable, "server"))
                : new Program(
                        label + "-" + engine, List.of(executable, "server", "--metastore.storage.engine=" + engine));
    }

    private static Path home() {
        return Path.of(System.getProperty("metastore.home", "."));
    }

    /// True when the target is a real etcd, for the few places where a statement leaves room.
    static boolean isEtcd() {
        return current().label().equals("etcd");
    }

    /// A real etcd, if one is given.
    static Optional<Program> etcd() {
        String path = System.getProperty("metastore.etcd", System.getenv("ETCD_BIN"));
        return path == null || path.isEmpty()
                ? Optional.empty()
                : Optional.of(new Program("etcd", List.of(executable(path))));
    }

    private static String property(String name) {
        String value = System.getProperty(name);
        if (value == null) {
            throw new IllegalStateException("-D" + name + "= is missing");
        }
        return value;
    }

    private static String executable(String path) {
        return executable(Path.of(path));
    }

    private static String executable(Path path) {
        Path file = path.toAbsolutePath().normalize();
        if (!Files.isExecutable(file)) {
            throw new IllegalStateException("not an executable file: " + file);
        }
        return file.toString();
    }

    /// The command line of a program with flags.
    static List<String> commandLine(Program program, List<String> flags) {
        List<String> line = new ArrayList<>(program.command());
        line.addAll(flags);
        return line;
    }
}
