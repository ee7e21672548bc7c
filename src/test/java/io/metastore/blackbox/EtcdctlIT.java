package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.api.etcd.etcdserverpb.AlarmRequest;
import io.metastore.api.etcd.etcdserverpb.AlarmType;
import io.metastore.api.etcd.etcdserverpb.HashKVRequest;
import io.metastore.api.etcd.etcdserverpb.StatusRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

/// etcd's own command-line client, unchanged.
@BlackBox
@OwnMember
@EnabledIf(
        value = "io.metastore.blackbox.Etcdctl#isNamed",
        disabledReason = "no etcdctl to run: name one with -Dmetastore.etcdctl=PATH or ETCDCTL_BIN")
class EtcdctlIT {
    private static final String COMPACTED = "Error: etcdserver: mvcc: required revision has been compacted";

    private Etcdctl etcdctl;
    private String prefix;

    @BeforeEach
    void choose(Member member, Keys keys) {
        etcdctl = Etcdctl.against(member);
        prefix = keys.prefix().toStringUtf8();
    }

    private String key(String name) {
        return prefix + name;
    }

    /// Puts a value and returns the revision it got.
    private long put(String name, String value) {
        return revision(etcdctl.json("put", key(name), value));
    }

    private static long revision(JsonObject answer) {
        return answer.getJsonObject("header").getLong("revision");
    }

    private static String text(String base64) {
        return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    }

    private static String lines(String... lines) {
        return String.join("\n", lines) + "\n";
    }

    @Test
    void putAndGet() {
        assertEquals("OK\n", etcdctl.run("put", key("a"), "1"));
        assertEquals(lines("OK", key("a"), "1"), etcdctl.run("put", key("a"), "2", "--prev-kv"));
        assertEquals("OK\n", etcdctl.runWith("from standard input", "put", key("b")));

        assertEquals(lines(key("a"), "2"), etcdctl.run("get", key("a")));
        assertEquals("from standard input\n", etcdctl.run("get", key("b"), "--print-value-only"));
        assertEquals("", etcdctl.run("get", key("c")));
        JsonObject answer = etcdctl.json("get", key("a"));
        JsonObject pair = answer.getJsonArray("kvs").getJsonObject(0);
        assertEquals(1, answer.getLong("count"));
        assertEquals(key("a"), text(pair.getString("key")));
        assertEquals("2", text(pair.getString("value")));
        assertEquals(2, pair.getLong("version"));
        assertEquals(pair.getLong("create_revision") + 1, pair.getLong("mod_revision"));
        assertEquals(revision(answer), pair.getLong("mod_revision") + 1);
    }

    /// Credentials for a store that asks for none.
    @Test
    void credentialsAreOverlooked() {
        assertEquals("OK\n", etcdctl.run("--user=root:x", "put", key("a"), "1"));
        assertEquals(lines(key("a"), "1"), etcdctl.run("--user=root", "--password=y", "get", key("a")));
        assertEquals(lines("Authentication Status: false", "AuthRevision: 1"), etcdctl.run("auth", "status"));
        assertEquals("Authentication Disabled\n", etcdctl.run("auth", "disable"));
        assertEquals("", etcdctl.run("user", "list"));
        assertEquals("", etcdctl.run("role", "list"));
    }

    @Test
    void getManyInMoreWays() {
        long first = put("a", "1");
        put("b", "2");
        put("c", "0");
        put("a", "3");

        assertEquals(lines(key("a"), "3", key("b"), "2", key("c"), "0"), etcdctl.run("get", prefix, "--prefix"));
        assertEquals(lines(key("a"), "3", key("b"), "2"), etcdctl.run("get", key("a"), key("c")));
        assertEquals(lines(key("b"), "2", key("c"), "0"), etcdctl.run("get", key("b"), "--from-key", "--limit=2"));
        assertEquals(
                lines(key("a"), "1", key("b"), "2"), etcdctl.run("get", prefix, "--prefix", "--rev=" + (first + 1)));
        assertEquals(
                lines(key("c"), "0", key("b"), "2"),
                etcdctl.run("get", prefix, "--prefix", "--sort-by=VALUE", "--order=ASCEND", "--limit=2"));
        assertEquals(
                lines(key("c"), "", key("b"), "", key("a"), ""),
                etcdctl.run("get", prefix, "--prefix", "--keys-only", "--sort-by=KEY", "--order=DESCEND"));
        assertEquals(
                List.of("\"More\" : false", "\"Count\" : 3"),
                etcdctl.run("get", prefix, "--prefix", "--count-only", "-w", "fields")
                        .lines()
                        .filter(line -> line.startsWith("\"More\"") || line.startsWith("\"Count\""))
                        .toList());
        assertEquals(lines(key("a"), "3"), etcdctl.run("get", key("a"), "--consistency=s"));
        JsonObject page = etcdctl.json("get", prefix, "--prefix", "--limit=1");
        assertTrue(page.getBoolean("more", false));
        assertEquals(3, page.getLong("count"));
        etcdctl.refused(
                "Error: etcdserver: mvcc: required revision is a future revision",
                "get",
                key("a"),
                "--rev=" + (first + 1_000));
    }

    @Test
    void del() {
        for (String name : List.of("a", "b", "c", "d", "e")) {
            put(name, "of " + name);
        }

        assertEquals("1\n", etcdctl.run("del", key("a")));
        assertEquals("0\n", etcdctl.run("del", key("a")));
        assertEquals(lines("1", key("b"), "of b"), etcdctl.run("del", key("b"), "--prev-kv"));
        assertEquals("2\n", etcdctl.run("del", key("c"), key("e")));
        assertEquals(lines("1", key("e"), "of e"), etcdctl.run("del", prefix, "--prefix", "--prev-kv"));
        assertEquals("", etcdctl.run("get", prefix, "--prefix"));
    }

    @Test
    void txn() {
        put("a", "1");
        put("c", "1");
        String untaken = lines(
                "value(\"" + key("a") + "\") = \"1\"",
                "version(\"" + key("b") + "\") = \"0\"",
                "",
                "put " + key("a") + " 2",
                "get " + key("a"),
                "del " + key("c"),
                "",
                "put " + key("b") + " lost",
                "get " + prefix + " --prefix",
                "");

        assertEquals(lines("SUCCESS", "", "OK", "", key("a"), "2", "", "1"), etcdctl.runWith(untaken, "txn"));
        assertEquals(
                lines(
                        "compares:",
                        "success requests (get, put, del):",
                        "failure requests (get, put, del):",
                        "FAILURE",
                        "",
                        "OK",
                        "",
                        key("a"),
                        "2",
                        key("b"),
                        "lost"),
                etcdctl.runWith(untaken, "txn", "--interactive"));
    }

    @Test
    void watchFromAnOldRevision() {
        long first = put("w", "1");
        put("w", "2");
        try (Etcdctl.Running watch = etcdctl.open("watch", key("w"), "--rev=" + first, "--prev-kv")) {
            assertEquals(List.of("PUT", key("w"), "1", "PUT", key("w"), "1", key("w"), "2"), watch.next(8));
            etcdctl.run("put", key("w"), "3");
            assertEquals(List.of("PUT", key("w"), "2", key("w"), "3"), watch.next(5));
            etcdctl.run("del", key("w"));
            assertEquals(List.of("DELETE", key("w"), "3", key("w"), ""), watch.next(5));
        }
        try (Etcdctl.Running watch = etcdctl.open("watch", prefix, "--prefix", "--rev=" + first, "-w", "json")) {
            JsonArray events = new JsonObject(watch.next(1).getFirst()).getJsonArray("Events");
            assertEquals(
                    List.of(first, first + 1, first + 2, first + 3),
                    IntStream.range(0, events.size())
                            .mapToObj(i ->
                                    events.getJsonObject(i).getJsonObject("kv").getLong("mod_revision"))
                            .toList());
        }
    }

    @Test
    void compaction() {
        long first = put("a", "1");
        long second = put("a", "2");
        long third = put("a", "3");

        assertEquals("compacted revision " + second + "\n", etcdctl.run("compaction", Long.toString(second)));
        assertEquals(lines(key("a"), "2"), etcdctl.run("get", key("a"), "--rev=" + second));
        etcdctl.refused(COMPACTED, "get", key("a"), "--rev=" + first);
        etcdctl.refused(COMPACTED, "compaction", Long.toString(second));
        assertEquals(
                "compacted revision " + third + "\n", etcdctl.run("compaction", Long.toString(third), "--physical"));
        etcdctl.refused("Error: watch is canceled by the server", "watch", key("a"), "--rev=" + first);
    }

    @Test
    void lease() {
        String granted = etcdctl.run("lease", "grant", "60");
        assertTrue(granted.matches("lease [0-9a-f]{16} granted with TTL\\(60s\\)\n"), granted);
        String id = granted.split(" ")[1];
        etcdctl.run("put", key("b"), "1", "--lease=" + id);
        etcdctl.run("put", key("a"), "1", "--lease=" + id);

        assertEquals("lease " + id + " keepalived with TTL(60)\n", etcdctl.run("lease", "keep-alive", "--once", id));
        JsonObject left = etcdctl.json("lease", "timetolive", id, "--keys");
        assertEquals(60, left.getLong("granted-ttl"));
        assertTrue(left.getLong("ttl") > 0 && left.getLong("ttl") <= 60, left::encode);
        assertEquals(
                List.of(key("a"), key("b")),
                left.getJsonArray("keys").stream()
                        .map(key -> text((String) key))
                        .sorted()
                        .toList());
        assertTrue(etcdctl.run("lease", "list").lines().toList().contains(id), () -> id + " is not in the list");
        assertEquals("lease " + id + " revoked\n", etcdctl.run("lease", "revoke", id));
        assertEquals("lease " + id + " already expired\n", etcdctl.run("lease", "timetolive", id));
        assertFalse(etcdctl.run("lease", "list").contains(id));
        assertEquals("", etcdctl.run("get", prefix, "--prefix"));
        etcdctl.refused("Error: failed to revoke lease (etcdserver: requested lease not found)", "lease", "revoke", id);
    }

    @Test
    void aLeaseIsKeptAliveByAStream() {
        String id = etcdctl.run("lease", "grant", "3").split(" ")[1];
        try (Etcdctl.Running keepAlive = etcdctl.open("lease", "keep-alive", id)) {
            String renewed = "lease " + id + " keepalived with TTL(3)";
            assertEquals(List.of(renewed, renewed), keepAlive.next(2));
        }
    }

    @Test
    void endpoint(Client client) {
        put("a", "1");

        JsonObject found = etcdctl.onlyJson("endpoint", "status");
        assertEquals(etcdctl.endpoint(), found.getString("Endpoint"));
        JsonObject status = found.getJsonObject("Status");
        assertEquals("3.7.3", status.getString("version"));
        assertEquals(client.revision(), revision(status));
        assertEquals(status.getValue("leader"), status.getJsonObject("header").getValue("member_id"));
        assertTrue(status.getLong("raftIndex") >= status.getLong("raftAppliedIndex"), status::encode);
        assertTrue(status.getLong("dbSize") > 0, status::encode);

        String health = etcdctl.run("endpoint", "health");
        assertTrue(
                health.startsWith(etcdctl.endpoint() + " is healthy: successfully committed proposal: took = "),
                health);

        JsonObject hash = etcdctl.onlyJson("endpoint", "hashkv").getJsonObject("HashKV");
        assertEquals(
                Integer.toUnsignedLong(client.maintenance()
                        .hashKV(HashKVRequest.getDefaultInstance())
                        .getHash()),
                hash.getLong("hash"));
        assertEquals(client.revision(), hash.getLong("hash_revision"));
    }

    @Test
    void alarm(Client client) {
        assertEquals("", etcdctl.run("alarm", "list"));
        long member = client.maintenance()
                .status(StatusRequest.getDefaultInstance())
                .getHeader()
                .getMemberId();
        client.maintenance()
                .alarm(AlarmRequest.newBuilder()
                        .setAction(AlarmRequest.AlarmAction.ACTIVATE)
                        .setMemberID(member)
                        .setAlarm(AlarmType.NOSPACE)
                        .build());
        JsonArray raised = new JsonArray()
                .add(new JsonObject()
                        .put("memberID", new BigInteger(Long.toUnsignedString(member)))
                        .put("alarm", AlarmType.NOSPACE_VALUE));

        assertEquals(raised, alarms("list"));
        etcdctl.refused("Error: etcdserver: mvcc: database space exceeded", "put", key("a"), "1");
        assertEquals(raised, alarms("disarm"));
        assertEquals("", etcdctl.run("alarm", "list"));
        assertEquals("OK\n", etcdctl.run("put", key("a"), "1"));
    }

    /// The alarms that a command prints, numbers in one type whatever their size.
    private JsonArray alarms(String command) {
        JsonArray alarms = etcdctl.json("alarm", command).getJsonArray("alarms");
        for (Object alarm : alarms) {
            ((JsonObject) alarm).put("memberID", new BigInteger(((JsonObject) alarm).getString("memberID")));
        }
        return alarms;
    }
}
