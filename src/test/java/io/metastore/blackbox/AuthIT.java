package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.Eventually;
import io.metastore.api.etcd.authpb.Permission.Type;
import io.metastore.api.etcd.etcdserverpb.AuthRoleGrantPermissionRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserAddRequest;
import io.metastore.api.etcd.etcdserverpb.AuthUserChangePasswordRequest;
import io.metastore.server.tls.TestAuthority;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Users, roles and logins: who may change them, and what they are when they were changed.
@BlackBox
@Timeout(120)
class AuthIT {
    private static final ByteString ONE = ByteString.EMPTY;

    private Member member;
    private Accounts accounts;

    @BeforeEach
    void start() {
        member = Member.startOwn("--bcrypt-cost=4");
        accounts = new Accounts(member.client());
    }

    @AfterEach
    void stop() {
        member.close();
    }

    @Test
    @Statement("AUT-01")
    void everyChangeButEnablingRaisesTheRevision() {
        assertFalse(accounts.status().getEnabled());
        assertEquals(1, accounts.revision());
        accounts.addUser("root");
        assertEquals(2, accounts.revision());
        accounts.grantRole("root", "root");
        accounts.addRole("r");
        accounts.grant("r", Type.READ, bytes("a"), ONE);
        accounts.grantRole("root", "r");
        accounts.changePassword("root", "root");
        assertEquals(7, accounts.revision());
        accounts.enable();
        assertTrue(accounts.status().getEnabled());
        assertEquals(7, accounts.revision());
        try (Client root = accounts.logIn(member, "root")) {
            Accounts by = new Accounts(root);
            by.revoke("r", bytes("a"), ONE);
            by.revokeRole("root", "r");
            by.deleteRole("r");
            assertEquals(10, accounts.revision());
            by.disable();
            assertEquals(11, accounts.revision());
            accounts.disable();
            assertEquals(11, accounts.revision());
        }
    }

    @Test
    @Statement({"AUT-02", "AUT-04", "AUT-05"})
    void enablingNeedsARootWithTheRoleRoot() {
        Refusal.NO_ROOT_USER.of(accounts::enable);
        accounts.addUser("root");
        Refusal.NO_ROOT_ROLE.of(accounts::enable);
        accounts.grantRole("root", "root");
        Refusal.ROLE_NOT_FOUND.of(() -> accounts.permissionsOf("root"));
        accounts.enable();
        try (Client root = accounts.logIn(member, "root")) {
            Accounts by = new Accounts(root);
            by.enable();
            by.addRole("root");
            assertEquals(
                    List.of(Accounts.permission(Type.READWRITE, ByteString.EMPTY, Requests.FROM_KEY)),
                    by.permissionsOf("root"));
        }
    }

    @Test
    @Statement({"AUT-03", "AUT-06", "AUT-07", "AUT-23"})
    void onlyAdministratorsChangeAndListUsersAndRoles() {
        try (Client root = Accounts.enable(member);
                Client user = new Accounts(root).userWith(member, "u", Type.READ, bytes("a"), ONE)) {
            new Accounts(root).addUser("other");
            new Accounts(root).addRole("unheld");
            for (Accounts by : List.of(accounts, new Accounts(user))) {
                Refusal refusal = by == accounts ? Refusal.USER_EMPTY : Refusal.PERMISSION_DENIED;
                refusal.of(by::enable);
                refusal.of(by::disable);
                refusal.of(() -> by.addUser("x"));
                refusal.of(() -> by.deleteUser("u"));
                refusal.of(() -> by.changePassword("u", "x"));
                refusal.of(() -> by.grantRole("u", "root"));
                refusal.of(() -> by.revokeRole("u", "u"));
                refusal.of(by::users);
                refusal.of(() -> by.addRole("x"));
                refusal.of(() -> by.deleteRole("u"));
                refusal.of(() -> by.grant("u", Type.READWRITE, bytes("b"), ONE));
                refusal.of(() -> by.revoke("u", bytes("a"), ONE));
                refusal.of(by::roles);
                refusal.of(() -> by.rolesOf("other"));
                refusal.of(() -> by.permissionsOf("unheld"));
                assertTrue(by.status().getEnabled());
            }
            assertEquals(List.of("u"), new Accounts(user).rolesOf("u"));
            assertEquals(1, new Accounts(user).permissionsOf("u").size());
            assertEquals(List.of("other", "root", "u"), new Accounts(root).users());
        }
    }

    @Test
    @Statement({"AUT-08", "AUT-09", "AUT-10", "GEN-18"})
    void aLoginNeedsTheRightPassword() {
        Refusal.AUTH_NOT_ENABLED.of(() -> accounts.token("root", "root"));
        try (Client root = Accounts.enable(member)) {
            Refusal.AUTH_FAILED.of(() -> accounts.token("root", "wrong"));
            Refusal.AUTH_FAILED.of(() -> accounts.token("nobody", "wrong"));
            Refusal.AUTH_FAILED.of(() -> accounts.token("", ""));
            new Accounts(root).addUserWithoutPassword("cert");
            Refusal.NO_PASSWORD_USER.of(() -> accounts.token("cert", "any"));
        }
    }

    @Test
    @Statement({"AUT-12", "AUT-33"})
    void passwordsEndAtSeventyTwoBytes() {
        Refusal.refused(
                io.grpc.Status.Code.UNKNOWN,
                "bcrypt: password length exceeds 72 bytes",
                () -> accounts.stub()
                        .userAdd(AuthUserAddRequest.newBuilder()
                                .setName("long")
                                .setPassword("x".repeat(73))
                                .build()));
        String longest = "x".repeat(72);
        var added = accounts.stub()
                .userAdd(AuthUserAddRequest.newBuilder()
                        .setName("long")
                        .setPassword(longest)
                        .setHashedPassword("is overwritten")
                        .build());
        assertTrue(added.hasHeader());
        try (Client root = Accounts.enable(member)) {
            assertFalse(accounts.token("long", longest).isEmpty());
            Refusal.AUTH_FAILED.of(() -> accounts.token("long", "x".repeat(71)));
            Accounts by = new Accounts(root);
            by.changePassword("long", "short");
            assertFalse(accounts.token("long", "short").isEmpty());
            Refusal.AUTH_FAILED.of(() -> accounts.token("long", longest));
            by.changePassword("long", "");
            Refusal.AUTH_FAILED.of(() -> accounts.token("long", ""));
            Refusal.NO_PASSWORD_USER.of(() -> by.stub()
                    .userChangePassword(AuthUserChangePasswordRequest.newBuilder()
                            .setName("long")
                            .setHashedPassword("no base64!")
                            .build()));
        }
    }

    @Test
    @Statement({"AUT-13", "AUT-14", "AUT-15"})
    void namesAreThereOnceAndNotEmpty() {
        Refusal.USER_EMPTY.of(() -> accounts.addUser(""));
        Refusal.ROLE_EMPTY.of(() -> accounts.addRole(""));
        accounts.addUser("u");
        Refusal.USER_EXISTS.of(() -> accounts.addUser("u"));
        accounts.addRole("r");
        Refusal.ROLE_EXISTS.of(() -> accounts.addRole("r"));
        Refusal.USER_NOT_FOUND.of(() -> accounts.grantRole("x", "r"));
        Refusal.ROLE_NOT_FOUND.of(() -> accounts.grantRole("u", "x"));
        accounts.grantRole("u", "r");
        long revision = accounts.revision();
        accounts.grantRole("u", "r");
        assertEquals(revision, accounts.revision());
        Refusal.USER_NOT_FOUND.of(() -> accounts.revokeRole("x", "r"));
        Refusal.ROLE_NOT_GRANTED.of(() -> accounts.revokeRole("u", "x"));
        accounts.revokeRole("u", "r");
        Refusal.ROLE_NOT_GRANTED.of(() -> accounts.revokeRole("u", "r"));
        Refusal.USER_NOT_FOUND.of(() -> accounts.deleteUser("x"));
        Refusal.USER_NOT_FOUND.of(() -> accounts.changePassword("x", "y"));
        Refusal.USER_NOT_FOUND.of(() -> accounts.rolesOf("x"));
        Refusal.ROLE_NOT_FOUND.of(() -> accounts.deleteRole("x"));
        Refusal.ROLE_NOT_FOUND.of(() -> accounts.permissionsOf("x"));
    }

    @Test
    @Statement("AUT-16")
    void rootCannotShutItselfOut() {
        try (Client root = Accounts.enable(member)) {
            Accounts by = new Accounts(root);
            by.addRole("root");
            Refusal.INVALID_AUTH_MANAGEMENT.of(() -> by.deleteUser("root"));
            Refusal.INVALID_AUTH_MANAGEMENT.of(() -> by.deleteRole("root"));
            Refusal.INVALID_AUTH_MANAGEMENT.of(() -> by.revokeRole("root", "root"));
            by.disable();
            accounts.revokeRole("root", "root");
            accounts.deleteRole("root");
            accounts.deleteUser("root");
            assertEquals(List.of(), accounts.users());
        }
    }

    @Test
    @Statement({"AUT-17", "AUT-34"})
    void aRoleThatIsDeletedIsTakenFromAll() {
        for (String name : List.of("b", "a", "c")) {
            accounts.addUser(name);
            accounts.addRole(name);
        }
        for (String role : List.of("c", "a", "b")) {
            accounts.grantRole("a", role);
        }
        accounts.grantRole("b", "b");
        assertEquals(List.of("a", "b", "c"), accounts.users());
        assertEquals(List.of("a", "b", "c"), accounts.roles());
        assertEquals(List.of("a", "b", "c"), accounts.rolesOf("a"));
        accounts.deleteRole("b");
        assertEquals(List.of("a", "c"), accounts.rolesOf("a"));
        assertEquals(List.of(), accounts.rolesOf("b"));
    }

    @Test
    @Statement({"AUT-18", "AUT-19", "AUT-34"})
    void permissionsNameARange() {
        accounts.addRole("r");
        Refusal.PERMISSION_NOT_GIVEN.of(() -> accounts.stub()
                .roleGrantPermission(
                        AuthRoleGrantPermissionRequest.newBuilder().setName("r").build()));
        Refusal.INVALID_AUTH_MANAGEMENT.of(() -> accounts.grant("r", Type.READ, ByteString.EMPTY, ONE));
        Refusal.INVALID_AUTH_MANAGEMENT.of(() -> accounts.grant("r", Type.READ, bytes("b"), bytes("a")));
        Refusal.INVALID_AUTH_MANAGEMENT.of(() -> accounts.grant("r", Type.READ, bytes("b"), bytes("b")));
        Refusal.ROLE_NOT_FOUND.of(() -> accounts.grant("x", Type.READ, bytes("b"), ONE));
        accounts.grant("r", Type.READ, bytes("b"), Requests.FROM_KEY);
        accounts.grant("r", Type.WRITE, bytes("a"), bytes("c"));
        accounts.grant("r", Type.READWRITE, bytes("a"), bytes("c"));
        assertEquals(
                List.of(
                        Accounts.permission(Type.READWRITE, bytes("a"), bytes("c")),
                        Accounts.permission(Type.READ, bytes("b"), Requests.FROM_KEY)),
                accounts.permissionsOf("r"));
        Refusal.PERMISSION_NOT_GRANTED.of(() -> accounts.revoke("r", bytes("a"), bytes("d")));
        Refusal.PERMISSION_NOT_GRANTED.of(() -> accounts.revoke("r", bytes("a"), ONE));
        accounts.revoke("r", bytes("a"), bytes("c"));
        assertEquals(1, accounts.permissionsOf("r").size());
    }

    @Test
    @Statement("AUT-11")
    void noFileHoldsAPassword() throws Exception {
        String password = "planted-secret-of-this-test";
        try (Client root = Accounts.enable(member)) {
            Accounts by = new Accounts(root);
            by.changePassword("root", password);
            by.token("root", password);
        }
        member.stop();
        List<Path> files;
        try (Stream<Path> all = Files.walk(member.dataDir())) {
            files = all.filter(Files::isRegularFile).toList();
        }
        assertTrue(files.size() > 1, files::toString);
        for (Path file : files) {
            String content = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
            assertFalse(content.contains(password), file::toString);
        }
        assertFalse(member.log().contains(password));
    }

    @Test
    @Statement("AUT-25")
    void aTokenLivesAsLongAsItIsUsed() {
        member.close();
        member = Member.startOwn("--bcrypt-cost=4", "--auth-token-ttl=2");
        accounts = new Accounts(member.client());
        try (Client used = Accounts.enable(member)) {
            // Looking at a token is using it: each is looked at once.
            Deque<String> idle = new ArrayDeque<>();
            for (int i = 0; i < 100; i++) {
                idle.add(accounts.token("root", "root"));
                // All these logins may take longer than a token lives.
                if (i % 4 == 0) {
                    used.put(bytes("a"), "used");
                }
            }
            Eventually.holds("those that are not used run out", () -> {
                used.put(bytes("a"), "used");
                return isGone(idle.removeFirst());
            });
            used.put(bytes("a"), "still");
        }
    }

    private boolean isGone(String token) {
        try (Client idle = Client.withToken(member.endpoint(), token)) {
            return idle.get(bytes("a")).isEmpty();
        } catch (io.grpc.StatusRuntimeException refused) {
            assertTrue(Refusal.INVALID_TOKEN.is(refused.getStatus()), refused::toString);
            return true;
        }
    }

    /// A certificate's name is the user where no token is shown.
    @Test
    @Statement({"AUT-29", "AUT-32"})
    void aCertificateSaysWhoItIs(@TempDir Path folder) throws Exception {
        TestAuthority authority = new TestAuthority(folder, "authority");
        try (SecureMember secure = new SecureMember(
                        authority,
                        "--bcrypt-cost=4",
                        "--client-cert-auth=true",
                        "--trusted-ca-file=" + authority.certFile);
                Client root = Accounts.enable(secure.member);
                Client named = new Client(secure.channel(SecureMember.as(authority.issue("somebody"))))) {
            Accounts accounts = new Accounts(root);
            Refusal.PERMISSION_DENIED.of(() -> named.put(bytes("a"), "1"));
            Refusal.USER_NOT_FOUND.of(() -> new Accounts(named).users());
            accounts.addUserWithoutPassword("somebody");
            accounts.addRole("r");
            accounts.grant("r", Type.READWRITE, bytes("a"), ONE);
            accounts.grantRole("somebody", "r");
            named.put(bytes("a"), "1");
            Refusal.PERMISSION_DENIED.of(() -> named.put(bytes("b"), "1"));
            Refusal.PERMISSION_DENIED.of(() -> new Accounts(named).users());
            accounts.deleteUser("somebody");
            Refusal.PERMISSION_DENIED.of(() -> named.put(bytes("a"), "2"));
            Refusal.USER_NOT_FOUND.of(() -> new Accounts(named).users());
        }
    }

    /// What was agreed on is there after a restart; who had a token has to log in again.
    @Test
    @Statement("AUT-25")
    void usersOutliveARestartAndTokensDoNot() {
        try (Client root = Accounts.enable(member);
                Client user = new Accounts(root).userWith(member, "u", Type.READWRITE, bytes("a"), ONE)) {
            user.put(bytes("a"), "1");
            String token = new Accounts(user).token("u", "u");
            assertTrue(token.matches("[a-zA-Z]{16}\\.[0-9]+"), token);
        }
        member.stop();
        member.restart();
        Accounts again = new Accounts(member.client());
        assertTrue(again.status().getEnabled());
        Refusal.USER_EMPTY.of(() -> member.client().put(bytes("a"), "2"));
        try (Client user = again.logIn(member, "u")) {
            assertEquals("1", user.get(bytes("a")).orElseThrow().getValue().toStringUtf8());
            Refusal.PERMISSION_DENIED.of(() -> user.put(bytes("b"), "2"));
        }
    }
}
