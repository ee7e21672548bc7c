package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;

/// etcd's own command-line client with users and roles.
@BlackBox
@Timeout(120)
@EnabledIf(
        value = "io.metastore.blackbox.Etcdctl#isNamed",
        disabledReason = "no etcdctl to run: name one with -Dmetastore.etcdctl=PATH or ETCDCTL_BIN")
class EtcdctlAuthIT {
    private Member member;
    private Etcdctl etcdctl;

    @BeforeEach
    void start() {
        member = Member.startOwn("--bcrypt-cost=4");
        etcdctl = Etcdctl.against(member);
    }

    @AfterEach
    void stop() {
        member.close();
    }

    @Test
    void usersRolesAndWhatTheyMayDo() {
        assertEquals("User root created\n", etcdctl.run("user", "add", "root:secret"));
        assertEquals("Role root is granted to user root\n", etcdctl.run("user", "grant-role", "root", "root"));
        assertEquals("User reader created\n", etcdctl.run("user", "add", "reader:pass"));
        assertEquals("Role readers created\n", etcdctl.run("role", "add", "readers"));
        assertEquals(
                "Role readers updated\n",
                etcdctl.run("role", "grant-permission", "readers", "--prefix=true", "read", "app/"));
        assertEquals(
                "Role readers is granted to user reader\n", etcdctl.run("user", "grant-role", "reader", "readers"));
        assertEquals("Authentication Enabled\n", etcdctl.run("auth", "enable"));
        assertTrue(etcdctl.run("auth", "status").startsWith("Authentication Status: true\n"));

        assertEquals("OK\n", etcdctl.run("--user=root:secret", "put", "app/a", "1"));
        assertEquals("app/a\n1\n", etcdctl.run("--user=reader:pass", "get", "app/a"));
        assertEquals("reader\nroot\n", etcdctl.run("--user=root:secret", "user", "list"));
        assertEquals(
                "Role readers\nKV Read:\n\t[app/, app0) (prefix app/)\nKV Write:\n",
                etcdctl.run("--user=root:secret", "role", "get", "readers"));
        assertEquals("User: reader\nRoles: readers\n", etcdctl.run("--user=reader:pass", "user", "get", "reader"));
        assertTrue(failure("--user=reader:pass", "put", "app/a", "2").contains("etcdserver: permission denied"));
        assertTrue(failure("--user=reader:pass", "get", "other").contains("etcdserver: permission denied"));
        assertTrue(failure("--user=reader:wrong", "get", "app/a")
                .contains("etcdserver: authentication failed, invalid user ID or password"));
        assertTrue(failure("get", "app/a").contains("etcdserver: user name is empty"));
        assertEquals("Authentication Disabled\n", etcdctl.run("--user=root:secret", "auth", "disable"));
        assertEquals("app/a\n1\n", etcdctl.run("get", "app/a"));
    }

    private String failure(String... words) {
        Etcdctl.Ended ended = etcdctl.ended(words);
        assertTrue(ended.status() != 0, ended::toString);
        return ended.err() + ended.out();
    }
}
