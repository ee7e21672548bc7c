package io.metastore.consensus;

import java.time.Duration;

/// How commands are gathered into raft entries.
///
/// @param enabled         off: one entry per command, as before there was batching
/// @param commands        most commands in an entry
/// @param bytes           most bytes in an entry, unless one command alone has more
/// @param time            longest that a command waits for company while an earlier entry is under way
/// @param inFlightEntries most entries proposed and not yet applied
/// @param inFlightBytes   most bytes in them, unless one entry alone has more
public record BatchLimits(
        boolean enabled, int commands, long bytes, Duration time, int inFlightEntries, long inFlightBytes) {}
