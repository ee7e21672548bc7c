package io.metastore.consensus;

/// Who leads, as this member knows it.
///
/// @param term       current raft term
/// @param leader     member id of the leader, 0 for none
/// @param isLeader   whether it is this member
/// @param changes    how often a leader was seen to come since the start
public record Leadership(long term, long leader, boolean isLeader, long changes) {}
