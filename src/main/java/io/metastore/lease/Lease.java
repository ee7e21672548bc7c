package io.metastore.lease;

/// A lease as it was granted.
///
/// @param id         never 0
/// @param ttlSeconds granted time to live
/// @param grantIndex raft index of the entry that granted it: tells this grant from an earlier one of the
///     same id
public record Lease(long id, long ttlSeconds, long grantIndex) {}
