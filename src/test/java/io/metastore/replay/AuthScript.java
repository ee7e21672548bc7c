package io.metastore.replay;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.metastore.api.etcd.authpb.Permission;
import io.metastore.api.etcd.authpb.UserAddOptions;
import io.metastore.api.etcd.etcdserverpb.AuthDisableRequest;
import io.metastore.api.etcd.etcdserverpb.AuthEnableRequest;
import io.metastore.api.etcd.etcdserverpb.AuthGrpc;
import io.metastore.api.etcd.etcdserverpb.AuthRoleAddRequest;
import io.metastore.api.etcd.etcdserverpb.AuthRoleDeleteRequest;
import io.metastore.api.etcd.etcdserverpb.AuthRoleGetRequest;
import io.metastore.api.etcd.etcdserverpb.AuthRoleGrantPermissionRequest;
import io.metastore.api.etcd.etcdserverpb.AuthRoleListRequest;
import io.metastore.api.etcd.etcdserverpb.AuthRoleRevokePermissionRequest;
import io.metastore.api.etcd.etcdserverpb.AuthStatusRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserAddRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserChangePasswordRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserDeleteRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserGetRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserGrantRoleRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserListRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserRevokeRoleRequest;
import io.metastore.api.etcd.etcdserverpb.Compare;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseLeasesRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseLeasesResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseRevokeRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseStatus;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveResponse;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Requests;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/// Draws what is done to users and as users. It begins with a root that switches permissions on.
final class AuthScript {
    private static final List<String> USERS = List.of("root", "ann", "bob", "cyd", "");
    private static final List<String> ROLES = List.of("root", "r1", "r2", "r3", "");
    private static final List<String> KEYS = List.of("a", "b", "c", "d", "e", "b\0", "\u0001");

    private final Random random;
    private final Map<String, String> passwords = new HashMap<>();
    private int steps;
    /// Who logs in next, null when that is left to chance.
    private String asksAgain;

    AuthScript(Random random) {
        this.random = random;
    }

    /// A call to one server.
    interface Call {
        Message run(Client client);
    }

    sealed interface Step {
        record LogIn(String user, String password) implements Step {}

        /// @param who   shows the token of the last login of this user, or none
        /// @param shown what is called
        record Call(String who, String shown, AuthScript.Call call) implements Step {}

        default String text() {
            return switch (this) {
                case LogIn in -> in.toString();
                case Call call -> call.shown() + " as \"" + call.who() + "\"";
            };
        }
    }

    private <T> T one(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    private static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }

    private static AuthGrpc.AuthBlockingStub auth(Client client) {
        return AuthGrpc.newBlockingStub(client.channel()).withDeadlineAfter(30, TimeUnit.SECONDS);
    }

    /// Tells how a call was refused. Who is not known any more mostly asks for a new token next: else most calls of a
    /// history would be refused for the same reason.
    void refused(Step.Call call, String why) {
        boolean unknown = why.equals("etcdserver: invalid auth token") || why.equals("etcdserver: user name is empty");
        if (unknown && !call.who().isEmpty() && random.nextInt(5) != 0) {
            asksAgain = call.who();
        }
    }

    Step next() {
        if (asksAgain != null) {
            String user = asksAgain;
            asksAgain = null;
            return new Step.LogIn(user, passwords.getOrDefault(user, "unknown"));
        }
        return switch (steps++) {
            case 0 -> addUser("", "root", false);
            case 1 -> pair("", "GrantRole", "root", "root");
            case 2 -> simple("", "Enable");
            case 3 -> new Step.LogIn("root", "root");
            default -> drawn();
        };
    }

    private Step drawn() {
        int dice = random.nextInt(100);
        if (dice < 6) {
            String user = one(USERS);
            String known = passwords.getOrDefault(user, "unknown");
            return new Step.LogIn(user, random.nextInt(5) == 0 ? "wrong" : known);
        }
        if (dice < 40) {
            return administration(random.nextInt(4) == 0 ? one(USERS) : "root");
        }
        return ofKeys(random.nextInt(6) == 0 ? "" : one(USERS));
    }

    private Step administration(String who) {
        return switch (random.nextInt(16)) {
            case 0, 1 -> addUser(who, one(USERS), random.nextInt(6) == 0);
            case 2 -> random.nextInt(3) == 0 ? deleteUser(who, one(USERS)) : changePassword(who, one(USERS));
            case 3, 4 -> pair(who, "GrantRole", one(USERS), one(ROLES));
            case 5 -> pair(who, "RevokeRole", one(USERS), one(ROLES));
            case 6, 7 -> named(who, "AddRole", one(ROLES));
            case 8 -> named(who, random.nextInt(3) == 0 ? "DeleteRole" : "GetRole", one(ROLES));
            case 9, 10, 11 -> grant(who);
            case 12 -> revoke(who);
            case 13 -> named(who, "GetUser", one(USERS));
            case 14 -> simple(who, one(List.of("Users", "Roles", "Status", "Status")));
            default -> random.nextInt(6) == 0 ? simple(who, "Disable") : simple(who, "Enable");
        };
    }

    private Step addUser(String who, String name, boolean passwordless) {
        passwords.putIfAbsent(name, name);
        AuthUserAddRequest request = AuthUserAddRequest.newBuilder()
                .setName(name)
                .setPassword(passwordless ? "" : passwords.get(name))
                .setOptions(UserAddOptions.newBuilder().setNoPassword(passwordless))
                .build();
        return new Step.Call(who, "AddUser " + name, client -> auth(client).userAdd(request));
    }

    private Step deleteUser(String who, String name) {
        AuthUserDeleteRequest request =
                AuthUserDeleteRequest.newBuilder().setName(name).build();
        return new Step.Call(who, "DeleteUser " + name, client -> auth(client).userDelete(request));
    }

    private Step changePassword(String who, String name) {
        String password = name + random.nextInt(3);
        passwords.put(name, password);
        AuthUserChangePasswordRequest request = AuthUserChangePasswordRequest.newBuilder()
                .setName(name)
                .setPassword(password)
                .build();
        return new Step.Call(
                who, "ChangePassword " + name, client -> auth(client).userChangePassword(request));
    }

    private static Step pair(String who, String what, String user, String role) {
        return new Step.Call(
                who,
                what + " " + user + " " + role,
                client -> what.equals("GrantRole")
                        ? auth(client)
                                .userGrantRole(AuthUserGrantRoleRequest.newBuilder()
                                        .setUser(user)
                                        .setRole(role)
                                        .build())
                        : auth(client)
                                .userRevokeRole(AuthUserRevokeRoleRequest.newBuilder()
                                        .setName(user)
                                        .setRole(role)
                                        .build()));
    }

    private static Step named(String who, String what, String name) {
        return new Step.Call(who, what + " " + name, client -> switch (what) {
            case "AddRole" ->
                auth(client)
                        .roleAdd(AuthRoleAddRequest.newBuilder().setName(name).build());
            case "DeleteRole" ->
                auth(client)
                        .roleDelete(
                                AuthRoleDeleteRequest.newBuilder().setRole(name).build());
            case "GetRole" ->
                auth(client)
                        .roleGet(AuthRoleGetRequest.newBuilder().setRole(name).build());
            case "GetUser" ->
                auth(client)
                        .userGet(AuthUserGetRequest.newBuilder().setName(name).build());
            default -> throw new IllegalArgumentException(what);
        });
    }

    private static Step simple(String who, String what) {
        return new Step.Call(who, what, client -> switch (what) {
            case "Enable" -> auth(client).authEnable(AuthEnableRequest.getDefaultInstance());
            case "Disable" -> auth(client).authDisable(AuthDisableRequest.getDefaultInstance());
            case "Status" -> auth(client).authStatus(AuthStatusRequest.getDefaultInstance());
            case "Users" -> auth(client).userList(AuthUserListRequest.getDefaultInstance());
            case "Roles" -> auth(client).roleList(AuthRoleListRequest.getDefaultInstance());
            default -> throw new IllegalArgumentException(what);
        });
    }

    private ByteString end() {
        return switch (random.nextInt(4)) {
            case 0 -> Requests.FROM_KEY;
            case 1 -> ByteString.EMPTY;
            default -> bytes(one(KEYS));
        };
    }

    /// A range. None that ends before it begins: whether etcd lets one pass depends on how it has laid out permissions
    /// in
    /// its tree.
    private Span span() {
        ByteString key = bytes(one(KEYS));
        ByteString end = end();
        boolean reversed = !end.isEmpty()
                && !end.equals(Requests.FROM_KEY)
                && ByteString.unsignedLexicographicalComparator().compare(end, key) < 0;
        return reversed ? new Span(end, key) : new Span(key, end);
    }

    private record Span(ByteString key, ByteString end) {}

    private Step grant(String who) {
        String role = one(ROLES);
        Permission permission = Permission.newBuilder()
                .setPermTypeValue(random.nextInt(3))
                .setKey(bytes(one(KEYS)))
                .setRangeEnd(end())
                .build();
        AuthRoleGrantPermissionRequest.Builder request =
                AuthRoleGrantPermissionRequest.newBuilder().setName(role);
        if (random.nextInt(20) > 0) {
            request.setPerm(permission);
        }
        AuthRoleGrantPermissionRequest built = request.build();
        return new Step.Call(
                who, "GrantPermission " + built, client -> auth(client).roleGrantPermission(built));
    }

    private Step revoke(String who) {
        AuthRoleRevokePermissionRequest request = AuthRoleRevokePermissionRequest.newBuilder()
                .setRole(one(ROLES))
                .setKey(bytes(one(KEYS)))
                .setRangeEnd(end())
                .build();
        return new Step.Call(
                who, "RevokePermission " + request, client -> auth(client).roleRevokePermission(request));
    }

    private Step ofKeys(String who) {
        Span span = span();
        ByteString key = span.key();
        ByteString end = span.end();
        boolean previous = random.nextInt(3) == 0;
        long lease = 1 + random.nextInt(3);
        return switch (random.nextInt(12)) {
            case 0, 1, 2 -> {
                var put = Requests.put(key, "v" + steps).setPrevKv(previous);
                if (random.nextInt(3) == 0) {
                    put.setLease(lease);
                }
                yield new Step.Call(who, "Put " + put, client -> client.kv().put(put.build()));
            }
            case 3, 4, 5 -> {
                var range = Requests.range(key, end).setSerializable(random.nextBoolean());
                yield new Step.Call(who, "Range " + range, client -> client.kv().range(range.build()));
            }
            case 6 -> {
                var delete = Requests.delete(key, end).setPrevKv(previous);
                yield new Step.Call(
                        who, "Delete " + delete, client -> client.kv().deleteRange(delete.build()));
            }
            case 7, 8 -> txn(who, key, end);
            case 9 -> {
                var grant =
                        LeaseGrantRequest.newBuilder().setID(lease).setTTL(6000).build();
                yield new Step.Call(
                        who, "Grant " + lease, client -> client.lease().leaseGrant(grant));
            }
            case 10 -> {
                var revoke = LeaseRevokeRequest.newBuilder().setID(lease).build();
                yield new Step.Call(
                        who, "Revoke " + lease, client -> client.lease().leaseRevoke(revoke));
            }
            default -> lease(who, lease, random.nextBoolean());
        };
    }

    private static Step lease(String who, long lease, boolean all) {
        if (all) {
            return new Step.Call(who, "Leases", client -> {
                LeaseLeasesResponse found = client.lease().leaseLeases(LeaseLeasesRequest.getDefaultInstance());
                List<LeaseStatus> sorted = found.getLeasesList().stream()
                        .sorted(Comparator.comparing(LeaseStatus::getID))
                        .toList();
                return found.toBuilder().clearLeases().addAllLeases(sorted).build();
            });
        }
        // How much is left differs by the time between the two, and etcd gives keys in no order.
        return new Step.Call(who, "Keys of " + lease, client -> {
            LeaseTimeToLiveResponse left = client.lease()
                    .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
                            .setID(lease)
                            .setKeys(true)
                            .build());
            List<ByteString> sorted = left.getKeysList().stream()
                    .sorted(ByteString.unsignedLexicographicalComparator())
                    .toList();
            return left.toBuilder()
                    .setTTL(Math.min(left.getTTL(), 1))
                    .clearKeys()
                    .addAllKeys(sorted)
                    .build();
        });
    }

    private Step txn(String who, ByteString key, ByteString end) {
        TxnRequest.Builder txn =
                TxnRequest.newBuilder().addCompare(Requests.version(key, Compare.CompareResult.GREATER, 0));
        if (random.nextBoolean()) {
            txn.setCompare(0, txn.getCompare(0).toBuilder().setRangeEnd(end));
        }
        Span then = span();
        Span other = span();
        txn.addSuccess(
                random.nextBoolean()
                        ? Requests.op(Requests.range(then.key(), then.end()))
                        : Requests.op(Requests.put(bytes(one(KEYS)), "t" + steps)));
        txn.addFailure(
                random.nextBoolean()
                        ? Requests.op(Requests.range(other.key(), other.end()))
                        : Requests.op(Requests.delete(other.key(), other.end()).setPrevKv(random.nextBoolean())));
        TxnRequest built = txn.build();
        return new Step.Call(who, "Txn " + built, client -> client.kv().txn(built));
    }
}
