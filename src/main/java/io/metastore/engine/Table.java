package io.metastore.engine;

/// The tables of the state database. What each holds and why is in docs/architecture.md.
public enum Table {
    /// Applied index and term, revision, compacted revision, identities: one row each.
    META,
    /// Revision → what changed: the history.
    LOG,
    /// User key → its newest version.
    KEYS,
    /// User key and superseded version → the version that superseded it.
    VERSIONS,
    /// First key of a run of keys → how many of them live.
    COUNTS,
    /// Lease id → grant.
    LEASES,
    /// Lease id and user key → nothing.
    LEASE_KEYS,
    /// Users, roles and whether permissions are checked.
    AUTH,
    /// Member id → member.
    MEMBERS,
    /// Member id and alarm → nothing.
    ALARMS;

    /// Stands for the table in files: its place in this list, counted from 1, so a new table comes last.
    public int code() {
        return ordinal() + 1;
    }
}
