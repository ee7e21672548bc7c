package io.metastore.jetcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.etcd.jetcd.Auth;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.Election;
import io.etcd.jetcd.Lock;
import io.etcd.jetcd.auth.Permission;
import io.etcd.jetcd.election.LeaderKey;
import io.etcd.jetcd.lock.LockResponse;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The Java client's users, locks and elections, on a server of its own at `-Dendpoint=http://host:port`.
@Timeout(60)
class JetcdAuthTest {
    private static final long PATIENCE_SECONDS = 30;
    private static final ByteSequence ROOT = text("root");
    private static final ByteSequence ANN = text("ann");
    private static final ByteSequence PASSWORD = text("a password");

    private static ByteSequence text(String text) {
        return ByteSequence.from(text, StandardCharsets.UTF_8);
    }

    private static <T> T get(CompletableFuture<T> answer) throws Exception {
        return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private static Client anybody() {
        return Client.builder().endpoints(System.getProperty("endpoint")).build();
    }

    private static Client user(ByteSequence name) {
        return Client.builder()
                .endpoints(System.getProperty("endpoint"))
                .user(name)
                .password(PASSWORD)
                .build();
    }

    private static void denied(CompletableFuture<?> answer) {
        ExecutionException failure =
                assertThrows(ExecutionException.class, () -> answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        // jetcd wraps the status of some calls and not of others.
        assertEquals(
                Status.Code.PERMISSION_DENIED, Status.fromThrowable(failure).getCode(), failure::toString);
    }

    @Test
    void usersSeeWhatTheyMay() throws Exception {
        try (Client open = anybody()) {
            Auth auth = open.getAuthClient();
            get(auth.userAdd(ROOT, PASSWORD));
            get(auth.roleAdd(ROOT));
            get(auth.userGrantRole(ROOT, ROOT));
            get(auth.userAdd(ANN, PASSWORD));
            get(auth.roleAdd(text("app")));
            get(auth.roleGrantPermission(text("app"), text("app/"), text("app0"), Permission.Type.READWRITE));
            get(auth.userGrantRole(ANN, text("app")));
            get(auth.authEnable());
        }
        try (Client root = user(ROOT)) {
            try (Client ann = user(ANN)) {
                get(ann.getKVClient().put(text("app/a"), text("1")));
                assertEquals(1, get(ann.getKVClient().get(text("app/a"))).getCount());
                denied(ann.getKVClient().put(text("other"), text("1")));
                denied(ann.getKVClient().get(text("other")));
                get(root.getAuthClient().roleRevokePermission(text("app"), text("app/"), text("app0")));
                denied(ann.getKVClient().get(text("app/a")));
            } finally {
                get(root.getAuthClient().authDisable());
            }
        }
        try (Client open = anybody()) {
            assertEquals(1, get(open.getKVClient().get(text("app/a"))).getCount());
        }
    }

    @Test
    void locksAndElections() throws Exception {
        try (Client client = anybody()) {
            long first = get(client.getLeaseClient().grant(60)).getID();
            long second = get(client.getLeaseClient().grant(60)).getID();
            Lock locks = client.getLockClient();
            LockResponse held = get(locks.lock(text("lock"), first));
            CompletableFuture<LockResponse> waits = locks.lock(text("lock"), second);
            assertFalse(waits.isDone());
            get(locks.unlock(held.getKey()));
            assertEquals("lock/" + Long.toHexString(second), get(waits).getKey().toString(StandardCharsets.UTF_8));

            Election elections = client.getElectionClient();
            LeaderKey leader =
                    get(elections.campaign(text("vote"), first, text("one"))).getLeader();
            var candidate = elections.campaign(text("vote"), second, text("two"));
            get(elections.proclaim(leader, text("one again")));
            assertEquals(
                    text("one again"),
                    get(elections.leader(text("vote"))).getKv().getValue());
            assertFalse(candidate.isDone());
            get(elections.resign(leader));
            assertEquals(second, get(candidate).getLeader().getLease());
        }
    }
}
