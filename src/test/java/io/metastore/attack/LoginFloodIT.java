package io.metastore.attack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.metastore.api.etcd.authpb.UserAddOptions;
import io.metastore.api.etcd.etcdserverpb.AuthEnableRequest;
import io.metastore.api.etcd.etcdserverpb.AuthGrpc;
import io.metastore.api.etcd.etcdserverpb.AuthUserAddRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserGrantRoleRequest;
import io.metastore.api.etcd.etcdserverpb.AuthenticateRequest;
import io.metastore.api.etcd.etcdserverpb.AuthenticateResponse;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Member;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Ten thousand logins at once, at a quarter of the shipped cost of a password, so that the test ends. etcd 3.7.3
/// answers
/// no put within 30 seconds meanwhile.
@Timeout(180)
class LoginFloodIT {
    private static final int LOGINS = 10_000;
    private static final int PUTS = 300;

    @Test
    void writesGoOnAndTheRestIsToldSo() throws Exception {
        try (Member member = Member.startOwn("--bcrypt-cost=8");
                Client client = member.connect()) {
            AuthGrpc.AuthBlockingStub auth = AuthGrpc.newBlockingStub(client.channel());
            var added = auth.userAdd(AuthUserAddRequest.newBuilder()
                    .setName("root")
                    .setPassword("root")
                    .build());
            var other = auth.userAdd(AuthUserAddRequest.newBuilder()
                    .setName("cert")
                    .setOptions(UserAddOptions.newBuilder().setNoPassword(true))
                    .build());
            var granted = auth.userGrantRole(AuthUserGrantRoleRequest.newBuilder()
                    .setUser("root")
                    .setRole("root")
                    .build());
            var enabled = auth.authEnable(AuthEnableRequest.getDefaultInstance());
            assertTrue(added.hasHeader() && other.hasHeader() && granted.hasHeader() && enabled.hasHeader());
            AuthenticateRequest login = AuthenticateRequest.newBuilder()
                    .setName("root")
                    .setPassword("root")
                    .build();
            try (Client root =
                    Client.withToken(member.endpoint(), auth.authenticate(login).getToken())) {
                long[] calm = puts(root);
                List<ListenableFuture<AuthenticateResponse>> flood = new ArrayList<>();
                AuthGrpc.AuthFutureStub many = AuthGrpc.newFutureStub(client.channel());
                for (int i = 0; i < LOGINS; i++) {
                    // Half of them guess, and half of those guess names as well.
                    flood.add(many.authenticate(login.toBuilder()
                            .setName(i % 4 == 3 ? "nobody" + i : "root")
                            .setPassword(i % 2 == 0 ? "root" : "guess " + i)
                            .build()));
                }
                long[] flooded = puts(root);
                Map<String, Integer> ends = new TreeMap<>();
                for (ListenableFuture<AuthenticateResponse> each : flood) {
                    ends.merge(end(each), 1, Integer::sum);
                }
                System.out.printf(
                        "login flood: puts p50 %.1f and p99 %.1f ms, before p50 %.1f and p99 %.1f ms; %s%n",
                        millis(flooded, 0.5), millis(flooded, 0.99), millis(calm, 0.5), millis(calm, 0.99), ends);
                assertTrue(ends.getOrDefault("in", 0) > 400, ends::toString);
                assertTrue(
                        ends.getOrDefault("RESOURCE_EXHAUSTED: etcdserver: too many requests", 0) > 5_000,
                        ends::toString);
                assertEquals(3, ends.size(), ends::toString);
                assertTrue(millis(flooded, 0.5) < 20 * millis(calm, 0.5) + 20, "writes starve");
            }
        }
    }

    private static long[] puts(Client root) {
        long[] nanos = new long[PUTS];
        for (int i = 0; i < PUTS; i++) {
            long begun = System.nanoTime();
            root.put(ByteString.copyFromUtf8("key" + i), "value");
            nanos[i] = System.nanoTime() - begun;
        }
        Arrays.sort(nanos);
        return nanos;
    }

    private static double millis(long[] sorted, double quantile) {
        return sorted[(int) (quantile * (sorted.length - 1))] / 1e6;
    }

    private static String end(ListenableFuture<AuthenticateResponse> call) throws Exception {
        try {
            return call.get(Duration.ofMinutes(2).toSeconds(), TimeUnit.SECONDS)
                            .getToken()
                            .isEmpty()
                    ? "no token"
                    : "in";
        } catch (ExecutionException failed) {
            Status status = Status.fromThrowable(failed.getCause());
            return status.getCode() + ": " + status.getDescription();
        }
    }
}
