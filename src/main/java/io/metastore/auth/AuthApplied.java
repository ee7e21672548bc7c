package io.metastore.auth;

/// A change that was made.
///
/// @param index raft index of the entry that made it
public record AuthApplied(AuthChange change, long index) {}
