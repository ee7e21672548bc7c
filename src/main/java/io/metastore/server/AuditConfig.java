package io.metastore.server;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;
import java.util.Optional;

/// The part of {@link ServerConfig} that is about what is written down of calls.
@RegisterForReflection // the help and the checks read it in a native executable too
@Section(value = "Audit log", order = 19)
public interface AuditConfig {
    @Setting(
            value = "File that gets a line of JSON for each call: who called what for which keys, and what came of it."
                    + " Never a value, a password or a token.",
            fallback = "no audit log")
    Optional<String> file();

    @Setting("Write down calls that only read as well, and those that keep leases.")
    @WithDefault("false")
    boolean reads();

    @Setting(value = "Bytes after which the file is renamed and a new one begun.", min = "64KiB", max = "1TiB")
    @WithConverter(BytesConverter.class)
    @WithDefault("100MiB")
    long fileBytes();

    @Setting(value = "Most renamed files that are kept.", min = "0", max = "1000")
    @WithDefault("5")
    int files();
}
