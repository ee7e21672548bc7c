package io.metastore.machine;

/// Where an entry comes from: the member that put it together finds those who wait for it by this when it applies it.
///
/// @param member   id of the member
/// @param boot     drawn by it at its start
/// @param sequence of its entries since, from 1
/// @param auth     revision of users and roles by which the entry's commands were allowed; 0 without auth
public record Origin(long member, long boot, long sequence, long auth) {
    /// Of an entry that was written before entries said where they come from.
    public static final Origin NONE = new Origin(0, 0, 0, 0);
}
