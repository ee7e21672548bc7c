package io.metastore.api;

import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.metastore.consensus.Unavailable;
import io.metastore.service.ContestRefused;
import io.metastore.service.Denied;
import io.metastore.service.ResponseTooLarge;
import io.metastore.service.login.Passwords;
import io.metastore.service.login.Tokens;
import io.metastore.value.StoreError;

/// The one place where failures become gRPC codes, with etcd's exact texts.
public final class GrpcErrors {
    private GrpcErrors() {}

    public static Status status(StoreError error) {
        return switch (error) {
            case KEY_EMPTY -> invalid("etcdserver: key is not provided");
            case KEY_NOT_FOUND -> invalid("etcdserver: key not found");
            case VALUE_PROVIDED -> invalid("etcdserver: value is provided");
            case LEASE_PROVIDED -> invalid("etcdserver: lease is provided");
            case TOO_MANY_OPERATIONS -> invalid("etcdserver: too many operations in txn request");
            case DUPLICATE_KEY -> invalid("etcdserver: duplicate key given in txn request");
            case INVALID_SORT_OPTION -> invalid("etcdserver: invalid sort option");
            case INVALID_CLIENT_API_VERSION -> invalid("etcdserver: invalid client api version");
            case REQUEST_TOO_LARGE -> invalid("etcdserver: request is too large");
            case COMPACTED ->
                Status.OUT_OF_RANGE.withDescription("etcdserver: mvcc: required revision has been compacted");
            case FUTURE_REVISION ->
                Status.OUT_OF_RANGE.withDescription("etcdserver: mvcc: required revision is a future revision");
            case NO_SPACE -> Status.RESOURCE_EXHAUSTED.withDescription("etcdserver: mvcc: database space exceeded");
            case CORRUPT -> Status.DATA_LOSS.withDescription("etcdserver: corrupt cluster");
            case LEASE_NOT_FOUND -> Status.NOT_FOUND.withDescription("etcdserver: requested lease not found");
            case LEASE_EXISTS -> precondition("etcdserver: lease already exists");
            case LEASE_TTL_TOO_LARGE -> Status.OUT_OF_RANGE.withDescription("etcdserver: too large lease TTL");
            case NOT_LEADER -> precondition("etcdserver: not leader");
            case BAD_LEADER_TRANSFEREE -> precondition("etcdserver: bad leader transferee");
            case MEMBER_NOT_FOUND -> Status.NOT_FOUND.withDescription("etcdserver: member not found");
            case MEMBER_EXISTS -> precondition("etcdserver: member ID already exist");
            case BAD_MEMBER_URLS -> invalid("etcdserver: given member URLs are invalid");
            case PEER_URL_EXISTS -> precondition("etcdserver: Peer URLs already exists");
            // etcd forgets to give this one its code on the way out.
            case TOO_FEW_MEMBERS_STARTED ->
                Status.UNKNOWN.withDescription("etcdserver: re-configuration failed due to not enough started members");
            case TOO_MANY_LEARNERS -> precondition("etcdserver: too many learner members in cluster");
            case MEMBER_NOT_LEARNER -> precondition("etcdserver: can only promote a learner member");
            case LEARNER_NOT_READY ->
                precondition("etcdserver: can only promote a learner member which is in sync with leader");
            case UNHEALTHY_CLUSTER -> Status.UNAVAILABLE.withDescription("etcdserver: unhealthy cluster");
            case MEMBERS_TOO_OLD ->
                precondition("metastore: some members run a version that does not know this call: upgrade them");
            case NOT_SUPPORTED_FOR_LEARNER -> precondition("etcdserver: rpc not supported for learner");
            case ROOT_USER_MISSING,
                    ROOT_ROLE_MISSING,
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
                    INVALID_AUTH_MANAGEMENT,
                    AUTH_NOT_ENABLED,
                    AUTH_FAILED,
                    PASSWORDLESS_USER,
                    INVALID_AUTH_TOKEN,
                    AUTH_OLD_REVISION -> auth(error);
            case DOWNGRADE_VERSION_MALFORMED, DOWNGRADE_TARGET_INVALID -> downgrade(error);
            case STREAM_SORT_UNSUPPORTED -> unimplemented("RangeStream does not support custom sort orders");
            case STREAM_FILTER_UNSUPPORTED -> unimplemented("RangeStream does not support revision filters");
        };
    }

    private static Status auth(StoreError error) {
        return switch (error) {
            case AUTH_NOT_ENABLED -> precondition("etcdserver: authentication is not enabled");
            case ROOT_USER_MISSING -> precondition("etcdserver: root user does not exist");
            case ROOT_ROLE_MISSING -> precondition("etcdserver: root user does not have root role");
            case USER_EMPTY -> invalid("etcdserver: user name is empty");
            case USER_EXISTS -> precondition("etcdserver: user name already exists");
            case USER_NOT_FOUND -> precondition("etcdserver: user name not found");
            case ROLE_EMPTY -> invalid("etcdserver: role name is empty");
            case ROLE_EXISTS -> precondition("etcdserver: role name already exists");
            case ROLE_NOT_FOUND -> precondition("etcdserver: role name not found");
            case ROLE_NOT_GRANTED -> precondition("etcdserver: role is not granted to the user");
            case PERMISSION_NOT_GIVEN -> invalid("etcdserver: permission not given");
            case PERMISSION_NOT_GRANTED -> precondition("etcdserver: permission is not granted to the role");
            case PERMISSION_DENIED -> Status.PERMISSION_DENIED.withDescription("etcdserver: permission denied");
            case INVALID_AUTH_MANAGEMENT -> invalid("etcdserver: invalid auth management");
            case AUTH_FAILED -> invalid("etcdserver: authentication failed, invalid user ID or password");
            // etcd forgets to give this one its code on the way out.
            case PASSWORDLESS_USER ->
                Status.UNKNOWN.withDescription("auth: authentication failed, password was given for no password user");
            case INVALID_AUTH_TOKEN -> Status.UNAUTHENTICATED.withDescription("etcdserver: invalid auth token");
            case AUTH_OLD_REVISION -> invalid("etcdserver: revision of auth store is old");
            default -> throw new IllegalArgumentException(error + " is nothing about users and permissions");
        };
    }

    private static Status downgrade(StoreError error) {
        return invalid(
                error == StoreError.DOWNGRADE_TARGET_INVALID
                        ? "etcdserver: invalid downgrade target version"
                        : "etcdserver: wrong downgrade target version format");
    }

    private static Status unimplemented(String text) {
        return Status.UNIMPLEMENTED.withDescription(text);
    }

    private static Status precondition(String text) {
        return Status.FAILED_PRECONDITION.withDescription(text);
    }

    private static Status invalid(String text) {
        return Status.INVALID_ARGUMENT.withDescription(text);
    }

    public static Status status(Unavailable reason) {
        return switch (reason) {
            case Unavailable.NoLeader _ -> Status.UNAVAILABLE.withDescription("etcdserver: no leader");
            case Unavailable.LeaderChanged _ -> Status.UNAVAILABLE.withDescription("etcdserver: leader changed");
            case Unavailable.TimedOut _ -> Status.UNAVAILABLE.withDescription("etcdserver: request timed out");
            case Unavailable.NotTaken _ -> Status.DEADLINE_EXCEEDED.withDescription("context deadline exceeded");
            case Unavailable.QueueFull _ -> Status.RESOURCE_EXHAUSTED.withDescription("etcdserver: too many requests");
            case Unavailable.Stopping _ -> Status.UNAVAILABLE.withDescription("etcdserver: server stopped");
        };
    }

    /// What a failed call ends with. Anything unforeseen reaches the client as UNKNOWN with its own text
    /// (GEN-18).
    public static Throwable grpc(Throwable failure) {
        return switch (failure) {
            case RefusedRequest refused -> status(refused.error()).asRuntimeException();
            case Denied denied -> status(denied.error()).asRuntimeException();
            case Tokens.VerifyOnly only ->
                Status.UNKNOWN.withDescription(only.getMessage()).asRuntimeException();
            case Passwords.Busy _ ->
                Status.RESOURCE_EXHAUSTED
                        .withDescription("etcdserver: too many requests")
                        .asRuntimeException();
            case Unavailable unavailable -> status(unavailable).asRuntimeException();
            case ResponseTooLarge large ->
                Status.RESOURCE_EXHAUSTED.withDescription(large.getMessage()).asRuntimeException();
            case StatusRuntimeException status -> status;
            case StatusException status -> status;
            default ->
                Status.UNKNOWN
                        .withDescription(String.valueOf(failure.getMessage()))
                        .withCause(failure)
                        .asRuntimeException();
        };
    }

    /// What a failed call of a service ends with that is a client of the store in etcd, such as Lock: whatever
    /// the store says is passed on as text, with code UNKNOWN.
    static Throwable asText(Throwable failure) {
        Throwable known = failure instanceof ContestRefused refused
                ? status(refused.error()).asRuntimeException()
                : grpc(failure);
        return Status.UNKNOWN
                .withDescription(Status.fromThrowable(known).getDescription())
                .asRuntimeException();
    }
}
