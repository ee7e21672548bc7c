package io.metastore.server;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;

/// The part of {@link ServerConfig} that is about the room on the file system.
@RegisterForReflection // the help and the checks read it in a native executable too
@Section(value = "Room on the disk", order = 16)
public interface DiskConfig {
    @Setting("Bytes of data-dir's file system that are held back: with less left, NOSPACE is raised and writes are"
            + " refused, while deletes, compactions and `alarm disarm` still work. 0: an eighth of the file system,"
            + " but 64 MiB at least and 512 MiB at most; negative: nothing is held back, and the member stops when"
            + " the disk is full.")
    @WithConverter(BytesConverter.class)
    @WithDefault("0")
    long reserveBytes();
}
