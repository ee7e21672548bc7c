package io.metastore.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;

/// The versions that `metastore version` prints and that clients are told.
public final class Versions {
    /// The etcd release whose API is spoken: what Status and `/version` report.
    public static final String ETCD = "3.7.3";

    private Versions() {}

    /// MetaStore's own version, written into the program by the build.
    public static String metastore() {
        Properties properties = new Properties();
        try (InputStream resource = Objects.requireNonNull(
                Versions.class.getResourceAsStream("version.properties"), "version.properties")) {
            properties.load(resource);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty("version");
    }

    static String text() {
        return """
                MetaStore Version: %s
                etcd Version: %s
                Java Version: %s (%s %s)
                OS/Arch: %s/%s
                """.formatted(
                        metastore(),
                        ETCD,
                        Runtime.version(),
                        System.getProperty("java.vendor.version", System.getProperty("java.vendor", "")),
                        System.getProperty("java.vm.name"),
                        System.getProperty("os.name"),
                        System.getProperty("os.arch"));
    }
}
