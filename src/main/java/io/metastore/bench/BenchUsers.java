package io.metastore.bench;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.metastore.api.etcd.authpb.Permission;
import io.metastore.api.etcd.authpb.UserAddOptions;
import io.metastore.api.etcd.etcdserverpb.AuthEnableRequest;
import io.metastore.api.etcd.etcdserverpb.AuthGrpc;
import io.metastore.api.etcd.etcdserverpb.AuthRoleAddRequest;
import io.metastore.api.etcd.etcdserverpb.AuthRoleGrantPermissionRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserAddRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserGrantRoleRequest;
import io.metastore.api.etcd.etcdserverpb.AuthenticateRequest;
import io.metastore.client.Security;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;

/// Fills a server with users and roles and switches permissions on: user `bench-7` has the role `bench-7`, which may
/// read and write 100 ranges, one of them all keys of the bench.
final class BenchUsers {
    static final int RANGES = 100;

    private static final String ROOT = "root";
    /// Of root and of the user whose token is used; the others have none.
    private static final String PASSWORD = "bench";
    private static final int AT_ONCE = 256;

    private final AuthGrpc.AuthFutureStub calls;
    private final Deque<ListenableFuture<?>> underWay = new ArrayDeque<>();

    private BenchUsers(ManagedChannel channel) {
        this.calls = AuthGrpc.newFutureStub(channel);
    }

    /// Returns what a call as one of the users carries.
    ///
    /// @throws AbortedException when the server refuses one of the calls
    static Security fill(ManagedChannel channel, int users) {
        try {
            return Security.NONE.withToken(new BenchUsers(channel).fill(users));
        } catch (StatusRuntimeException | ExecutionException refused) {
            throw new AbortedException("users cannot be set up: " + refused.getMessage());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new AbortedException("interrupted while users were set up");
        }
    }

    private String fill(int users) throws ExecutionException, InterruptedException {
        all(
                users,
                i -> calls.userAdd(AuthUserAddRequest.newBuilder()
                        .setName(name(i))
                        .setPassword(i == 0 ? PASSWORD : "")
                        .setOptions(UserAddOptions.newBuilder().setNoPassword(i != 0))
                        .build()));
        all(
                users,
                i -> calls.roleAdd(
                        AuthRoleAddRequest.newBuilder().setName(name(i)).build()));
        all(
                users * RANGES,
                i -> calls.roleGrantPermission(AuthRoleGrantPermissionRequest.newBuilder()
                        .setName(name(i / RANGES))
                        .setPerm(permission(i % RANGES))
                        .build()));
        all(
                users,
                i -> calls.userGrantRole(AuthUserGrantRoleRequest.newBuilder()
                        .setUser(name(i))
                        .setRole(name(i))
                        .build()));
        all(
                1,
                _ -> calls.userAdd(AuthUserAddRequest.newBuilder()
                        .setName(ROOT)
                        .setPassword(PASSWORD)
                        .build()));
        all(
                1,
                _ -> calls.userGrantRole(AuthUserGrantRoleRequest.newBuilder()
                        .setUser(ROOT)
                        .setRole(ROOT)
                        .build()));
        all(1, _ -> calls.authEnable(AuthEnableRequest.getDefaultInstance()));
        return calls.authenticate(AuthenticateRequest.newBuilder()
                        .setName(name(0))
                        .setPassword(PASSWORD)
                        .build())
                .get()
                .getToken();
    }

    private static String name(int user) {
        return "bench-" + user;
    }

    /// The middle one of a role's ranges is the bench's own, the others lie before and behind it.
    private static Permission permission(int range) {
        String key = range == RANGES / 2 ? Keys.ROOT : String.format("%s%03d/", range < RANGES / 2 ? "a" : "z", range);
        ByteString first = ByteString.copyFromUtf8(key);
        ByteString last = ByteString.copyFromUtf8(key.substring(0, key.length() - 1) + (char) ('/' + 1));
        return Permission.newBuilder()
                .setPermType(Permission.Type.READWRITE)
                .setKey(first)
                .setRangeEnd(last)
                .build();
    }

    /// Makes `count` calls, some at once, and waits for all.
    private void all(int count, IntFunction<ListenableFuture<?>> call) throws ExecutionException, InterruptedException {
        for (int i = 0; i < count; i++) {
            underWay.addLast(call.apply(i));
            if (underWay.size() >= AT_ONCE) {
                awaitFirst();
            }
        }
        while (!underWay.isEmpty()) {
            awaitFirst();
        }
    }

    private void awaitFirst() throws ExecutionException, InterruptedException {
        try {
            var _ = underWay.removeFirst().get(60, TimeUnit.SECONDS);
        } catch (TimeoutException late) {
            throw new AbortedException("users cannot be set up: a call has no answer within 60 s");
        }
    }
}
