package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.metastore.Eventually;
import io.metastore.api.etcd.authpb.Permission.Type;
import io.metastore.api.etcd.etcdserverpb.AlarmRequest;
import io.metastore.api.etcd.etcdserverpb.ClusterGrpc;
import io.metastore.api.etcd.etcdserverpb.Compare;
import io.metastore.api.etcd.etcdserverpb.DefragmentRequest;
import io.metastore.api.etcd.etcdserverpb.DowngradeRequest;
import io.metastore.api.etcd.etcdserverpb.HashKVRequest;
import io.metastore.api.etcd.etcdserverpb.HashRequest;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseGrpc;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseLeasesRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseRevokeRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveRequest;
import io.metastore.api.etcd.etcdserverpb.MemberAddRequest;
import io.metastore.api.etcd.etcdserverpb.MemberListRequest;
import io.metastore.api.etcd.etcdserverpb.MemberPromoteRequest;
import io.metastore.api.etcd.etcdserverpb.MemberRemoveRequest;
import io.metastore.api.etcd.etcdserverpb.MemberUpdateRequest;
import io.metastore.api.etcd.etcdserverpb.MoveLeaderRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeStreamResponse;
import io.metastore.api.etcd.etcdserverpb.StatusRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import io.metastore.api.etcd.v3lockpb.LockGrpc;
import io.metastore.api.etcd.v3lockpb.LockRequest;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What users may do with keys, watches and leases, and what a token is worth.
@BlackBox
@Timeout(120)
class PermissionsIT {
    private static final ByteString ONE = ByteString.EMPTY;

    private Member member;
    private Client root;
    private Accounts accounts;

    @BeforeEach
    void start() {
        member = Member.startOwn("--bcrypt-cost=4");
        root = Accounts.enable(member);
        accounts = new Accounts(root);
        for (String key : List.of("a", "b", "c", "d")) {
            root.put(bytes(key), key);
        }
    }

    @AfterEach
    void stop() {
        root.close();
        member.close();
    }

    private Client user(Type type, String key, ByteString end) {
        return accounts.userWith(member, "u", type, bytes(key), end);
    }

    private static void read(Client client, String key, String end) {
        var ignored = client.range(Requests.range(bytes(key), bytes(end)));
    }

    @Test
    @Statement({"AUT-20", "AUT-21"})
    void rangesAreGrantedByAllRolesTogether() {
        try (Client user = user(Type.READ, "a", bytes("b"))) {
            accounts.addRole("more");
            accounts.grant("more", Type.READ, bytes("b"), bytes("c"));
            Refusal.PERMISSION_DENIED.of(() -> read(user, "a", "c"));
            accounts.grantRole("u", "more");
            read(user, "a", "c");
            read(user, "a", "b");
            Refusal.PERMISSION_DENIED.of(() -> read(user, "a", "c\0"));
            Refusal.PERMISSION_DENIED.of(() -> read(user, "A", "b"));
            Refusal.PERMISSION_DENIED.of(() -> user.range(Requests.range(bytes("a"), Requests.FROM_KEY)));
            Refusal.PERMISSION_DENIED.of(() -> user.get(bytes("c")));
            accounts.grant("more", Type.READ, bytes("d"), ONE);
            assertTrue(user.get(bytes("d")).isPresent());
            read(user, "d", "d\0");
            Refusal.PERMISSION_DENIED.of(() -> read(user, "d", "d\0\0"));
            Refusal.PERMISSION_DENIED.of(() -> user.get(bytes("d\0")));
            accounts.grant("more", Type.READ, bytes("x"), Requests.FROM_KEY);
            read(user, "y", "\0");
            read(user, "x", "\u00ff");
            Refusal.PERMISSION_DENIED.of(() -> read(user, "w", "\0"));
        }
    }

    /// Bytes that are no text, at the edges of what prefixes and from-key mean.
    @Test
    @Statement({"AUT-21", "AUT-22"})
    void theEdgesOfAPrefixAreItsOwn() {
        ByteString prefix = ByteString.copyFrom(new byte[] {'p', (byte) 0xff});
        ByteString end = bytes("q");
        try (Client user = user(Type.READWRITE, "p", bytes("p"))) {
            throw new AssertionError("a range that holds nothing was granted, " + user);
        } catch (io.grpc.StatusRuntimeException refused) {
            assertTrue(Refusal.INVALID_AUTH_MANAGEMENT.is(refused.getStatus()));
        }
        accounts.grant("u", Type.READWRITE, prefix, end);
        try (Client user = accounts.logIn(member, "u")) {
            user.put(prefix, "1");
            user.put(prefix.concat(ByteString.copyFrom(new byte[] {(byte) 0xff, 0})), "2");
            Refusal.PERMISSION_DENIED.of(() -> user.put(end, "3"));
            Refusal.PERMISSION_DENIED.of(() -> user.put(bytes("p"), "3"));
            Refusal.PERMISSION_DENIED.of(() ->
                    user.put(ByteString.copyFrom(new byte[] {'p', (byte) 0xfe, (byte) 0xff}), "3"));
            assertEquals(2, user.range(Requests.range(prefix, end)).getKvsCount());
        }
    }

    @Test
    @Statement({"AUT-22", "KVP-09"})
    void eachCallNeedsItsRights() {
        try (Client reader = user(Type.READ, "a", bytes("c"));
                Client writer = accounts.userWith(member, "w", Type.WRITE, bytes("a"), bytes("c"))) {
            Refusal.PERMISSION_DENIED.of(() -> reader.put(bytes("a"), "1"));
            Refusal.PERMISSION_DENIED.of(() -> reader.delete(bytes("a")));
            Refusal.PERMISSION_DENIED.of(() -> writer.get(bytes("a")));
            writer.put(bytes("a"), "1");
            Refusal.PERMISSION_DENIED.of(() -> writer.kv()
                    .put(Requests.put(bytes("a"), "2").setPrevKv(true).build()));
            Refusal.PERMISSION_DENIED.of(() -> writer.kv()
                    .deleteRange(Requests.delete(bytes("a")).setPrevKv(true).build()));
            assertEquals("1", reader.get(bytes("a")).orElseThrow().getValue().toStringUtf8());
            writer.delete(bytes("b"));
            assertTrue(reader.get(bytes("b")).isEmpty());
            Refusal.PERMISSION_DENIED.of(() -> writer.kv()
                    .deleteRange(Requests.delete(bytes("a"), bytes("d")).build()));
        }
    }

    @Test
    @Statement("AUT-22")
    void aTransactionNeedsTheRightsOfAllItsBranches() {
        try (Client user = user(Type.READWRITE, "a", ONE)) {
            Compare.Builder allowed = Requests.version(bytes("a"), Compare.CompareResult.GREATER, 0);
            Compare.Builder other = Requests.version(bytes("c"), Compare.CompareResult.GREATER, 0);
            assertTrue(user.txn(Requests.when(allowed)
                            .addSuccess(Requests.op(Requests.put(bytes("a"), "1")))
                            .addFailure(Requests.op(Requests.range(bytes("a")))))
                    .getSucceeded());
            Refusal.PERMISSION_DENIED.of(() ->
                    user.txn(Requests.when(other).addSuccess(Requests.op(Requests.put(bytes("a"), "2")))));
            Refusal.PERMISSION_DENIED.of(() -> user.txn(Requests.when(allowed)
                    .addSuccess(Requests.op(Requests.put(bytes("a"), "2")))
                    .addFailure(Requests.op(Requests.put(bytes("c"), "2")))));
            Refusal.PERMISSION_DENIED.of(() -> user.txn(Requests.when(allowed)
                    .addSuccess(Requests.op(Requests.then(Requests.op(Requests.range(bytes("c"))))))));
            // One that only reads is decided where it is read.
            Refusal.PERMISSION_DENIED.of(() -> user.txn(Requests.then(Requests.op(Requests.range(bytes("c"))))));
            Refusal.PERMISSION_DENIED.of(
                    () -> user.txn(Requests.when(other).addSuccess(Requests.op(Requests.range(bytes("a"))))));
            assertEquals("1", user.get(bytes("a")).orElseThrow().getValue().toStringUtf8());
        }
    }

    @Test
    @Statement({"AUT-03", "AUT-23", "CMP-11", "CLU-21", "MNT-06"})
    void someCallsNeedAnAdministratorAndSomeAnybodyKnown() {
        Client nobody = member.client();
        try (Client user = user(Type.READWRITE, "a", ONE)) {
            for (Client client : List.of(nobody, user)) {
                Refusal refusal = client == nobody ? Refusal.USER_EMPTY : Refusal.PERMISSION_DENIED;
                refusal.of(() -> client.kv().compact(Requests.compaction(2)));
                refusal.of(() -> client.maintenance().hashKV(HashKVRequest.getDefaultInstance()));
                refusal.of(() -> client.maintenance().hash(HashRequest.getDefaultInstance()));
                refusal.of(() -> client.maintenance().downgrade(DowngradeRequest.getDefaultInstance()));
                refusal.of(() -> client.maintenance().defragment(DefragmentRequest.getDefaultInstance()));
                refusal.of(() -> client.maintenance()
                        .moveLeader(
                                MoveLeaderRequest.newBuilder().setTargetID(7).build()));
                refusal.of(() -> client.maintenance()
                        .alarm(AlarmRequest.newBuilder()
                                .setAction(AlarmRequest.AlarmAction.DEACTIVATE)
                                .build()));
                ClusterGrpc.ClusterBlockingStub cluster = ClusterGrpc.newBlockingStub(client.channel());
                refusal.of(() -> cluster.memberRemove(
                        MemberRemoveRequest.newBuilder().setID(7).build()));
                refusal.of(() -> cluster.memberPromote(
                        MemberPromoteRequest.newBuilder().setID(7).build()));
                refusal.of(() -> cluster.memberAdd(MemberAddRequest.newBuilder()
                        .addPeerURLs("http://127.0.0.1:7")
                        .build()));
                refusal.of(() -> cluster.memberUpdate(MemberUpdateRequest.newBuilder()
                        .setID(7)
                        .addPeerURLs("http://127.0.0.1:7")
                        .build()));
            }
            var status = user.maintenance().status(StatusRequest.getDefaultInstance());
            assertTrue(status.getLeader() != 0);
            Refusal.USER_EMPTY.of(() -> nobody.maintenance().status(StatusRequest.getDefaultInstance()));
            Refusal.USER_EMPTY.of(() -> nobody.maintenance().alarm(AlarmRequest.getDefaultInstance()));
            assertEquals(
                    0,
                    user.maintenance().alarm(AlarmRequest.getDefaultInstance()).getAlarmsCount());
            Refusal.USER_EMPTY.of(() ->
                    ClusterGrpc.newBlockingStub(nobody.channel()).memberList(MemberListRequest.getDefaultInstance()));
            assertEquals(
                    1,
                    ClusterGrpc.newBlockingStub(user.channel())
                            .memberList(MemberListRequest.getDefaultInstance())
                            .getMembersCount());
            Refusal.USER_EMPTY.of(() -> nobody.grant(60));
            assertTrue(user.grant(60) != 0);
        }
    }

    @Test
    @Statement({"AUT-23", "AUT-24", "AUT-30"})
    void aTokenTravelsInEitherPlace() {
        Client nobody = member.client();
        String token = accounts.token("root", "root");
        for (String name : List.of("token", "authorization")) {
            for (String text : List.of(token, "Bearer " + token)) {
                assertTrue(shows(nobody, name, text)
                                .range(Requests.range(bytes("a")).build())
                                .getKvsCount()
                        == 1);
            }
        }
        Refusal.USER_EMPTY.of(() -> nobody.get(bytes("a")));
        for (String wrong : List.of("x", "", "x" + token, token.toUpperCase(java.util.Locale.ROOT), "a.b.c", "abc.1")) {
            Refusal.INVALID_TOKEN.of(() -> shows(nobody, "token", wrong)
                    .range(Requests.range(bytes("a")).build()));
            Refusal.INVALID_TOKEN.of(() -> shows(nobody, "token", wrong)
                    .put(Requests.put(bytes("a"), "1").build()));
            try (Client client = Client.withToken(member.endpoint(), wrong)) {
                Refusal.INVALID_TOKEN.of(() -> new Accounts(client).users());
                Refusal.INVALID_TOKEN.of(() -> new Accounts(client).addRole("x"));
                Refusal.INVALID_TOKEN.of(() -> client.grant(60));
                Refusal.INVALID_TOKEN.of(() -> client.kv().compact(Requests.compaction(1)));
                Refusal.INVALID_TOKEN.of(() -> client.maintenance().status(StatusRequest.getDefaultInstance()));
                Refusal.INVALID_TOKEN.of(() -> client.lease().leaseLeases(LeaseLeasesRequest.getDefaultInstance()));
            }
        }
        accounts.disable();
        assertTrue(nobody.get(bytes("a")).isPresent());
        assertTrue(shows(nobody, "token", "x")
                        .range(Requests.range(bytes("a")).build())
                        .getKvsCount()
                == 1);
        new Accounts(nobody).enable();
        Refusal.INVALID_TOKEN.of(() ->
                shows(nobody, "token", token).range(Requests.range(bytes("a")).build()));
    }

    private static KVGrpc.KVBlockingStub shows(Client client, String name, String text) {
        Metadata shown = new Metadata();
        shown.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), text);
        return client.kv().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(shown));
    }

    /// Simple tokens go on with every change; those of a user end with the user and with the password.
    @Test
    @Statement({"AUT-17", "AUT-26", "AUT-32"})
    void aTokenEndsWithWhatItWasGivenFor() {
        try (Client user = user(Type.READ, "a", ONE)) {
            accounts.addUser("other");
            assertTrue(user.get(bytes("a")).isPresent());
            accounts.revoke("u", bytes("a"), ONE);
            Refusal.PERMISSION_DENIED.of(() -> user.get(bytes("a")));
            accounts.grant("u", Type.READ, bytes("a"), ONE);
            assertTrue(user.get(bytes("a")).isPresent());
            accounts.changePassword("u", "new");
            Refusal.INVALID_TOKEN.of(() -> user.get(bytes("a")));
        }
        String token = accounts.token("u", "new");
        try (Client user = Client.withToken(member.endpoint(), token)) {
            assertTrue(user.get(bytes("a")).isPresent());
            accounts.deleteUser("u");
            Refusal.INVALID_TOKEN.of(() -> user.get(bytes("a")));
            Refusal.INVALID_TOKEN.of(() -> user.put(bytes("a"), "1"));
        }
    }

    @Test
    @Statement({"WAT-33", "WAT-36"})
    void aWatchNeedsItsWholeRange() {
        String denied = "rpc error: code = PermissionDenied desc = etcdserver: permission denied";
        try (Client user = user(Type.READ, "a", ONE);
                WatchCall watch = WatchCall.open(user);
                WatchCall nobody = WatchCall.open(member.client())) {
            assertEquals(0, watch.create(WatchCall.one(bytes("a"), 0)).getWatchId());
            watch.refused(WatchCall.one(bytes("b"), 0), denied);
            watch.refused(WatchCall.one(bytes("a"), 0).setRangeEnd(Requests.FROM_KEY), denied);
            watch.refused(WatchCall.one(bytes("a"), 0).setRangeEnd(bytes("b")), denied);
            watch.refused(WatchCall.one(ByteString.EMPTY, 0).setRangeEnd(Requests.FROM_KEY), denied);
            nobody.refused(
                    WatchCall.one(bytes("a"), 0),
                    "rpc error: code = InvalidArgument desc = etcdserver: user name is empty");
            root.put(bytes("b"), "unseen");
            root.put(bytes("a"), "seen");
            assertEquals("seen", watch.events(1).getFirst().getKv().getValue().toStringUtf8());
        }
    }

    /// etcd goes on telling whoever watched before (WAT-35).
    @Test
    void aWatchEndsWithThePermission() {
        try (Client user = user(Type.READ, "a", bytes("c"));
                WatchCall watch = WatchCall.open(user)) {
            accounts.grant("u", Type.READ, bytes("c"), ONE);
            watch.create(WatchCall.one(bytes("a"), 0));
            watch.create(WatchCall.one(bytes("c"), 0));
            root.put(bytes("a"), "1");
            assertEquals(1, watch.events(1).size());
            accounts.revoke("u", bytes("a"), bytes("c"));
            root.put(bytes("a"), "2");
            root.put(bytes("c"), "3");
            WatchResponse next = watch.next();
            assertEquals(0, next.getWatchId());
            if (MemberTarget.isEtcd()) {
                assertEquals("2", next.getEvents(0).getKv().getValue().toStringUtf8());
            } else {
                assertTrue(next.getCanceled(), next::toString);
                assertEquals(
                        "rpc error: code = PermissionDenied desc = etcdserver: permission denied",
                        next.getCancelReason());
            }
            assertEquals("3", watch.events(1).getFirst().getKv().getValue().toStringUtf8(), "the other one goes on");
        }
    }

    @Test
    @Statement({"LEA-27", "LEA-28"})
    void aLeaseIsWhoseKeysItHas() {
        try (Client user = user(Type.READWRITE, "a", ONE)) {
            long mixed = root.grant(600);
            put(root, "a", mixed);
            put(user, "a", mixed);
            put(root, "c", mixed);
            Refusal.PERMISSION_DENIED.of(() -> put(user, "a", mixed));
            Refusal.PERMISSION_DENIED.of(() -> user.lease()
                    .leaseRevoke(LeaseRevokeRequest.newBuilder().setID(mixed).build()));
            Refusal.PERMISSION_DENIED.of(() -> user.lease()
                    .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
                            .setID(mixed)
                            .setKeys(true)
                            .build()));
            assertTrue(user.lease()
                            .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
                                    .setID(mixed)
                                    .build())
                            .getTTL()
                    > 0);
            Refusal.PERMISSION_DENIED.of(() -> user.lease().leaseLeases(LeaseLeasesRequest.getDefaultInstance()));
            assertTrue(Refusal.PERMISSION_DENIED.is(renewal(user, mixed).awaitEnd()));
            assertEquals(
                    2,
                    root.lease()
                            .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
                                    .setID(mixed)
                                    .setKeys(true)
                                    .build())
                            .getKeysCount());
            root.delete(bytes("c"));
            assertEquals(600, renewal(user, mixed).next().getTTL());
            assertEquals(
                    1,
                    user.lease()
                            .leaseLeases(LeaseLeasesRequest.getDefaultInstance())
                            .getLeasesCount());
            var ignored = user.lease()
                    .leaseRevoke(LeaseRevokeRequest.newBuilder().setID(mixed).build());
            assertTrue(root.get(bytes("a")).isEmpty());
        }
    }

    @Test
    @Statement("LEA-29")
    void leasesAreForThoseWhoAreKnown() {
        long lease = root.grant(60);
        LeaseGrpc.LeaseBlockingStub nobody = member.client().lease();
        Refusal.USER_EMPTY.of(
                () -> nobody.leaseGrant(LeaseGrantRequest.newBuilder().setTTL(5).build()));
        Refusal.USER_EMPTY.of(() ->
                nobody.leaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease).build()));
        Refusal.USER_EMPTY.of(() -> nobody.leaseTimeToLive(
                LeaseTimeToLiveRequest.newBuilder().setID(lease).build()));
        Refusal.USER_EMPTY.of(() -> nobody.leaseLeases(LeaseLeasesRequest.getDefaultInstance()));
        assertTrue(Refusal.USER_EMPTY.is(renewal(member.client(), lease).awaitEnd()));
    }

    @Test
    @Statement("WAT-34")
    void aWatchSaysWhatIsWrongWithTheToken() {
        try (Client wrong = Client.withToken(member.endpoint(), "wrong");
                WatchCall watch = WatchCall.open(wrong)) {
            watch.refused(
                    WatchCall.one(bytes("a"), 0),
                    "rpc error: code = Unauthenticated desc = etcdserver: invalid auth token");
        }
    }

    /// All of it is sent in portions, as the reader takes them.
    @Test
    @Statement("RST-15")
    void aStreamEndsWhenPermissionsChange() {
        String large = "x".repeat(1 << 20);
        for (int i = 0; i < 40; i++) {
            root.put(bytes("s/" + (10 + i)), large);
        }
        try (Client user = user(Type.READ, "s/", bytes("s0"))) {
            KVGrpc.KVStub kv = KVGrpc.newStub(user.channel());
            RangeRequest all = Requests.range(bytes("s/"), bytes("s0")).build();
            Duplex<RangeRequest, RangeStreamResponse> stream = Duplex.byHand(answers -> kv.rangeStream(all, answers));
            stream.request();
            assertTrue(stream.next().getRangeResponse().getKvsCount() > 0);
            accounts.addRole("another");
            stream.requestAll();
            assertTrue(Refusal.OLD_AUTH_REVISION.is(stream.awaitEnd()));
        }
    }

    private static void put(Client client, String key, long lease) {
        var ignored =
                client.kv().put(Requests.put(bytes(key), "v").setLease(lease).build());
    }

    private static Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse> renewal(Client client, long lease) {
        Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse> call = Duplex.open(client.leaseAsync()::leaseKeepAlive);
        call.send(LeaseKeepAliveRequest.newBuilder().setID(lease).build());
        return call;
    }

    /// A lease that runs out takes its keys with it, whoever they are (AUT-31).
    @Test
    @Statement("AUT-31")
    void expiryAsksNobody() {
        long lease = root.grant(1);
        put(root, "a", lease);
        Eventually.holds("the key is gone", () -> root.get(bytes("a")).isEmpty());
    }

    /// A lock is keys, and the rights to them are what it needs.
    @Test
    void aLockNeedsTheRightsToItsKeys() {
        try (Client user = user(Type.READWRITE, "locks/", bytes("locks0"))) {
            var held = LockGrpc.newBlockingStub(user.channel())
                    .lock(LockRequest.newBuilder().setName(bytes("locks/mine")).build());
            assertFalse(held.getKey().isEmpty());
            Refusal.refused(
                    io.grpc.Status.Code.UNKNOWN,
                    "etcdserver: permission denied",
                    () -> LockGrpc.newBlockingStub(user.channel())
                            .lock(LockRequest.newBuilder()
                                    .setName(bytes("other"))
                                    .build()));
            Refusal.refused(
                    io.grpc.Status.Code.UNKNOWN,
                    "etcdserver: user name is empty",
                    () -> LockGrpc.newBlockingStub(member.client().channel())
                            .lock(LockRequest.newBuilder()
                                    .setName(bytes("locks/x"))
                                    .build()));
        }
    }
}
