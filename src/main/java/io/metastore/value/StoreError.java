package io.metastore.value;

/// Why a request was refused: expected, deterministic, the same on every member. `api` gives each its gRPC
/// code and text.
public enum StoreError {
    KEY_EMPTY,
    KEY_NOT_FOUND,
    VALUE_PROVIDED,
    LEASE_PROVIDED,
    TOO_MANY_OPERATIONS,
    DUPLICATE_KEY,
    INVALID_SORT_OPTION,
    INVALID_CLIENT_API_VERSION,
    REQUEST_TOO_LARGE,
    COMPACTED,
    FUTURE_REVISION,
    NO_SPACE,
    CORRUPT,
    LEASE_NOT_FOUND,
    LEASE_EXISTS,
    LEASE_TTL_TOO_LARGE,
    /// A change of the leader asked of a member that does not lead.
    NOT_LEADER,
    /// Leadership for whom it cannot be given to.
    BAD_LEADER_TRANSFEREE,
    MEMBER_NOT_FOUND,
    MEMBER_EXISTS,
    /// Addresses of a member that cannot be addresses.
    BAD_MEMBER_URLS,
    PEER_URL_EXISTS,
    TOO_FEW_MEMBERS_STARTED,
    TOO_MANY_LEARNERS,
    MEMBER_NOT_LEARNER,
    LEARNER_NOT_READY,
    /// A change of the membership while too few members are connected.
    UNHEALTHY_CLUSTER,
    /// A change of the membership that some member's program does not know.
    MEMBERS_TOO_OLD,
    /// A call that a member answers only once it has a vote.
    NOT_SUPPORTED_FOR_LEARNER,
    /// Credentials for a store that asks nobody who they are.
    AUTH_NOT_ENABLED,
    ROOT_USER_MISSING,
    ROOT_ROLE_MISSING,
    /// No credentials where some are needed, or a user without a name.
    USER_EMPTY,
    USER_EXISTS,
    USER_NOT_FOUND,
    ROLE_EMPTY,
    ROLE_EXISTS,
    ROLE_NOT_FOUND,
    ROLE_NOT_GRANTED,
    PERMISSION_NOT_GIVEN,
    PERMISSION_NOT_GRANTED,
    PERMISSION_DENIED,
    /// A change that would shut everybody out, or a permission for no range.
    INVALID_AUTH_MANAGEMENT,
    /// Wrong name or password.
    AUTH_FAILED,
    /// A password for a user who was made without one.
    PASSWORDLESS_USER,
    INVALID_AUTH_TOKEN,
    /// Users, roles or permissions have changed since the caller was let in.
    AUTH_OLD_REVISION,
    /// A version to downgrade to that is none.
    DOWNGRADE_VERSION_MALFORMED,
    /// Another version than the minor one just below.
    DOWNGRADE_TARGET_INVALID,
    /// RangeStream with another order than that of the keys (RST-02).
    STREAM_SORT_UNSUPPORTED,
    /// RangeStream with a revision filter (RST-03).
    STREAM_FILTER_UNSUPPORTED
}
