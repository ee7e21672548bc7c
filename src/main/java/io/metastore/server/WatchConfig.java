package io.metastore.server;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;

/// The part of {@link ServerConfig} that is about watch streams.
@RegisterForReflection // the help and the checks read it in a native executable too
@Section(value = "Watches", order = 15)
public interface WatchConfig {
    @Setting(
            value = "Bytes of events kept for one watch stream whose client does not read; beyond that the stream"
                    + " is served from history.",
            min = "64KiB",
            max = "1GiB")
    @WithConverter(BytesConverter.class)
    @WithDefault("4MiB")
    long streamBufferBytes();

    @Setting(value = "Most watchers at once on one watch stream.", min = "1", max = "10000000")
    @WithDefault("100000")
    int streamWatchers();
}
