package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.Eventually;
import io.metastore.api.etcd.authpb.Permission.Type;
import io.metastore.api.etcd.etcdserverpb.MoveLeaderRequest;
import io.metastore.api.etcd.etcdserverpb.StatusRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Users, permissions and tokens on three members: all decide alike, whoever is asked and whoever leads.
@BlackBox
@Timeout(120)
class ClusterAuthIT {
    private static long id(Client root) {
        return root.maintenance()
                .status(StatusRequest.getDefaultInstance())
                .getHeader()
                .getMemberId();
    }

    private static long leader(Client root) {
        return root.maintenance().status(StatusRequest.getDefaultInstance()).getLeader();
    }

    private static void everyMemberLeads(Client root, List<Client> roots, List<Client> users) {
        for (Client to : roots) {
            long target = id(to);
            Client leading = roots.stream()
                    .filter(candidate -> id(candidate) == leader(root))
                    .findFirst()
                    .orElseThrow();
            if (leader(root) != target) {
                var ignored = leading.maintenance()
                        .moveLeader(MoveLeaderRequest.newBuilder()
                                .setTargetID(target)
                                .build());
                Eventually.holds(
                        "all know the leader", () -> roots.stream().allMatch(member -> leader(member) == target));
            }
            for (Client user : users) {
                user.put(bytes("a"), "led by " + target);
                Refusal.PERMISSION_DENIED.of(() -> user.put(bytes("b"), "1"));
            }
        }
    }

    @Test
    @Statement({"AUT-25", "AUT-28"})
    void aTokenIsGoodAtEveryMemberAndUnderEveryLeader() {
        try (Cluster cluster = Cluster.start(3, "--bcrypt-cost=4")) {
            Member first = cluster.member(0);
            try (Client root = Accounts.enable(first)) {
                Accounts accounts = new Accounts(root);
                accounts.userWith(first, "u", Type.READWRITE, bytes("a"), ByteString.EMPTY)
                        .close();
                List<Client> clients = new ArrayList<>();
                List<Client> roots = new ArrayList<>();
                try {
                    // A token is shown at the others at once: they may have to hear of it first.
                    for (int round = 0; round < 20; round++) {
                        Member given = cluster.member(round % 3);
                        String token = new Accounts(given.client()).token("u", "u");
                        Member shown = cluster.member((round + 1) % 3);
                        try (Client user = Client.withToken(shown.endpoint(), token)) {
                            user.put(bytes("a"), "round " + round);
                            assertEquals(
                                    "round " + round,
                                    user.get(bytes("a"))
                                            .orElseThrow()
                                            .getValue()
                                            .toStringUtf8());
                            Refusal.PERMISSION_DENIED.of(() -> user.put(bytes("b"), "1"));
                        }
                    }
                    String token = accounts.token("u", "u");
                    String rootToken = accounts.token("root", "root");
                    for (Member member : cluster.members()) {
                        clients.add(Client.withToken(member.endpoint(), token));
                        roots.add(Client.withToken(member.endpoint(), rootToken));
                    }
                    everyMemberLeads(root, roots, clients);
                    // Taken back at one member, it is taken back at all: by the answer for whoever asks linearizably.
                    accounts.revoke("u", bytes("a"), ByteString.EMPTY);
                    for (Client user : clients) {
                        Refusal.PERMISSION_DENIED.of(() -> user.put(bytes("a"), "2"));
                        Refusal.PERMISSION_DENIED.of(() -> user.get(bytes("a")));
                    }
                    accounts.deleteUser("u");
                    for (Client user : clients) {
                        Eventually.holds("the token is worth nothing", () -> isInvalid(user));
                    }
                    // What was refused was refused by all.
                    accounts.disable();
                    cluster.hashesAgree(first.client().revision());
                } finally {
                    clients.forEach(Client::close);
                    roots.forEach(Client::close);
                }
            }
        }
    }

    private static boolean isInvalid(Client user) {
        try {
            throw new AssertionError("a deleted user reads: " + user.get(bytes("a")));
        } catch (io.grpc.StatusRuntimeException refused) {
            assertTrue(
                    Refusal.INVALID_TOKEN.is(refused.getStatus()) || Refusal.PERMISSION_DENIED.is(refused.getStatus()),
                    refused::toString);
            return Refusal.INVALID_TOKEN.is(refused.getStatus());
        }
    }

    /// Who was away learns of users from the log or from the others' state, and lets nobody in before.
    @Test
    void aMemberThatWasAwayComesBackWithTheUsers() {
        try (Cluster cluster = Cluster.start(3, "--bcrypt-cost=4", "--snapshot-count=10")) {
            Member away = cluster.member(2);
            away.stop();
            try (Client root = Accounts.enable(cluster.member(0))) {
                Accounts accounts = new Accounts(root);
                accounts.userWith(cluster.member(0), "u", Type.READWRITE, bytes("a"), ByteString.EMPTY)
                        .close();
                for (int i = 0; i < 100; i++) {
                    root.put(bytes("a"), "value " + i);
                }
                away.restart();
                Refusal.USER_EMPTY.of(() -> away.client().get(bytes("a")));
                try (Client user = new Accounts(away.client()).logIn(away, "u")) {
                    assertEquals(
                            "value 99",
                            user.get(bytes("a")).orElseThrow().getValue().toStringUtf8());
                    user.put(bytes("a"), "mine");
                    Refusal.PERMISSION_DENIED.of(() -> user.put(bytes("b"), "1"));
                }
            }
        }
    }
}
