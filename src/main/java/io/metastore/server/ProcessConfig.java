package io.metastore.server;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.WithDefault;

/// The part of {@link ServerConfig} that is about the member as a process.
@RegisterForReflection // the help and the checks read it in a native executable too
@Section(value = "Process", order = 17)
public interface ProcessConfig {
    @Setting(
            "End in order when the standard input is closed, and leave Ctrl-C to whoever started this member: so that it"
                    + " does not outlive a program that holds the other end of a pipe, however that ends.")
    @WithDefault("false")
    boolean endWithStdin();
}
