package io.metastore.machine;

/// When a chunk of entries is closed and written.
///
/// @param commands at most so many commands, unless one entry alone has more
/// @param bytes    at most so many bytes of entries, likewise
public record ChunkLimits(int commands, long bytes) {}
