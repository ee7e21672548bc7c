package io.metastore.blackbox;

import static io.metastore.blackbox.GatewayClient.base64;
import static io.metastore.blackbox.GatewayClient.key;
import static io.metastore.blackbox.GatewayClient.open;
import static io.metastore.blackbox.GatewayClient.pair;
import static io.metastore.blackbox.GatewayClient.post;
import static io.metastore.blackbox.GatewayClient.send;
import static io.metastore.blackbox.GatewayClient.watch;
import static io.metastore.blackbox.Requests.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import io.metastore.blackbox.GatewayClient.Answer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The calls as JSON over HTTP, as scripts and programs without gRPC make them.
@BlackBox
@OwnMember
@Timeout(120)
class GatewayIT {
    @Test
    @Statement("GWY-03")
    void whatIsPutIsGot(Member member, Client client) throws Exception {
        JsonObject put = post(member, "/v3/kv/put", pair("a", "1")).json();
        assertEquals(
                client.revision(), Long.parseLong(put.getJsonObject("header").getString("revision")));
        assertEquals(List.of("header"), List.copyOf(put.fieldNames()));
        Answer got = post(member, "/v3beta/kv/range", key("a"));
        JsonObject kv = got.json().getJsonArray("kvs").getJsonObject(0);
        assertEquals(base64("a"), kv.getString("key"));
        assertEquals(base64("1"), kv.getString("value"));
        assertEquals("1", kv.getString("version"));
        assertFalse(kv.containsKey("lease"), "a default");
        assertTrue(kv.containsKey("create_revision"), got.body());
        assertEquals("1", got.json().getString("count"));
        JsonObject status = post(member, "/v3/maintenance/status", "{}").json();
        assertTrue(status.containsKey("raftAppliedIndex"), status::encode);
        assertTrue(status.containsKey("dbSizeInUse"), status::encode);
    }

    /// Those that answer an empty request at once, whatever they answer.
    @Test
    @Statement("GWY-02")
    void everyPathOfTheContractIsServed(Member member) throws Exception {
        Set<String> waiting = Set.of(
                "/v3/watch",
                "/v3/election/observe",
                "/v3/election/campaign",
                "/v3/lock/lock",
                "/v3/maintenance/snapshot");
        int paths = 0;
        try (InputStream table = GatewayIT.class.getResourceAsStream("/wire-contract.tsv")) {
            for (String line : new String(table.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith("rpc\t"))
                    .toList()) {
                String[] columns = line.split("\t", -1);
                for (String path : (columns[10] + "," + columns[11]).split(",")) {
                    if (!path.isEmpty() && !waiting.contains(path)) {
                        Answer answer = post(member, path, "{}");
                        assertFalse(answer.body().contains("\"Not Found\""), path + ": " + answer.body());
                        assertTrue(answer.body().startsWith("{"), path + ": " + answer.body());
                        paths++;
                    }
                }
            }
        }
        assertEquals(46, paths);
    }

    @Test
    @Statement("GWY-04")
    void namesNumbersAndBytesComeInSeveralForms(Member member, Client client) throws Exception {
        client.put(bytes("n?>"), "1");
        client.put(bytes("n?>2"), "2");
        String url = Base64.getUrlEncoder().encodeToString("n?>".getBytes(StandardCharsets.UTF_8));
        String end = Base64.getUrlEncoder().encodeToString("n?@".getBytes(StandardCharsets.UTF_8));
        assertTrue(url.contains("_") || url.contains("-"), url);
        for (String form : List.of(
                "{\"key\":\"" + url + "\",\"rangeEnd\":\"" + end + "\",\"limit\":1,\"sortOrder\":\"DESCEND\"}",
                "{\"key\":\"" + url + "\",\"range_end\":\"" + end + "\",\"limit\":\"1\",\"sort_order\":2}",
                "{\"key\":\"" + base64("n?>") + "\",\"range_end\":\"" + end
                        + "\",\"limit\":\"1\",\"sort_order\":2,\"unknown\":{\"field\":[1]}}")) {
            JsonArray kvs = post(member, "/v3/kv/range", form).json().getJsonArray("kvs");
            assertEquals(1, kvs.size(), form);
            assertEquals(base64("n?>2"), kvs.getJsonObject(0).getString("key"), form);
        }
    }

    @Test
    @Statement("GWY-05")
    void refusalsHaveTheirCodesAndTexts(Member member) throws Exception {
        post(member, "/v3/kv/put", "{}").refused(400, 3, "etcdserver: key is not provided");
        post(member, "/v3/lease/revoke", "{\"ID\":\"7\"}").refused(404, 5, "etcdserver: requested lease not found");
        post(member, "/v3/kv/range", "{\"key\":\"YQ==\",\"revision\":\"999999\"}")
                .refused(400, 11, "etcdserver: mvcc: required revision is a future revision");
        post(member, "/v3/auth/enable", "{}").refused(400, 9, "etcdserver: root user does not exist");
        for (String noMessage :
                List.of("{", "[]", "x", "{\"key\":7}", "{\"key\":\"%\"}", "{\"limit\":\"a\"}", "\u0000")) {
            Answer refused = post(member, "/v3/kv/range", noMessage);
            assertEquals(400, refused.status(), noMessage + ": " + refused.body());
            assertEquals(3, new JsonObject(refused.body()).getInteger("code"), refused.body());
        }
    }

    @Test
    @Statement("GWY-13")
    void otherPathsAndMethodsAreSaidSo(Member member) throws Exception {
        post(member, "/v3/kv/nothing", "{}").refused(404, 5, "Not Found");
        send("GET", member, "/v3/kv/put", "").refused(501, 12, "Method Not Allowed");
        assertEquals(200, send("OPTIONS", member, "/v3/kv/put", "").status());
        assertEquals(404, post(member, "/v4/kv/put", "{}").status());
    }

    @Test
    void transactionsLeasesAndLocks(Member member, Client client) throws Exception {
        JsonObject txn = post(
                        member,
                        "/v3/kv/txn",
                        "{\"compare\":[{\"key\":\"" + base64("t")
                                + "\",\"target\":\"CREATE\",\"create_revision\":\"0\"}],"
                                + "\"success\":[{\"request_put\":" + pair("t", "1") + "}],"
                                + "\"failure\":[{\"request_range\":" + key("t") + "}]}")
                .json();
        assertTrue(txn.getBoolean("succeeded"), txn::encode);
        assertTrue(txn.getJsonArray("responses").getJsonObject(0).containsKey("response_put"), txn::encode);
        String lease = post(member, "/v3/lease/grant", "{\"TTL\":600}").json().getString("ID");
        Answer renewed = post(member, "/v3/lease/keepalive", "{\"ID\":\"" + lease + "\"}");
        assertEquals("600", renewed.json().getJsonObject("result").getString("TTL"));
        assertEquals(
                "600",
                post(member, "/v3/kv/lease/timetolive", "{\"ID\":\"" + lease + "\"}")
                        .json()
                        .getString("grantedTTL"));
        String held = post(member, "/v3/lock/lock", "{\"name\":\"" + base64("l") + "\",\"lease\":\"" + lease + "\"}")
                .json()
                .getString("key");
        assertTrue(client.get(bytes("l/" + Long.toHexString(Long.parseLong(lease))))
                .isPresent());
        assertEquals(
                200,
                post(member, "/v3/lock/unlock", "{\"key\":\"" + held + "\"}").status());
        assertEquals(
                1,
                post(member, "/v3/cluster/member/list", "{}")
                        .json()
                        .getJsonArray("members")
                        .size());
    }

    @Test
    @Statement("GWY-09")
    void aTokenTravelsInTheHeader() throws Exception {
        try (Member member = Member.startOwn("--bcrypt-cost=4");
                Client root = Accounts.enable(member)) {
            root.put(bytes("a"), "1");
            post(member, "/v3/kv/range", key("a")).refused(400, 3, "etcdserver: user name is empty");
            post(member, "/v3/kv/put", pair("a", "2")).refused(400, 3, "etcdserver: user name is empty");
            String token = post(member, "/v3/auth/authenticate", "{\"name\":\"root\",\"password\":\"root\"}")
                    .json()
                    .getString("token");
            for (String shown : List.of(token, "Bearer " + token)) {
                assertEquals(
                        "1",
                        post(member, "/v3/kv/range", key("a"), "Authorization", shown)
                                .json()
                                .getString("count"));
            }
            post(member, "/v3/kv/range", key("a"), "Authorization", "x")
                    .refused(401, 16, "etcdserver: invalid auth token");
        }
    }

    @Test
    void withoutTheGatewayThereIsNothing() throws Exception {
        try (Member member = Member.startOwn("--enable-grpc-gateway=false")) {
            assertEquals(404, post(member, "/v3/kv/put", pair("a", "1")).status());
        }
    }

    private static JsonObject result(Iterator<String> lines) {
        return new JsonObject(lines.next()).getJsonObject("result");
    }

    /// The next answer that says more than a revision: etcd tells of progress before or after what was asked first.
    private static JsonObject besideProgress(Iterator<String> lines) {
        JsonObject answer = result(lines);
        return answer.containsKey("created") || answer.containsKey("events") ? answer : besideProgress(lines);
    }

    @Test
    @Statement({"GWY-06", "GWY-07"})
    void aWatchHasALineForEachAnswer(Member member, Client client) throws Exception {
        HttpResponse<Stream<String>> response = open(member, "/v3/watch", watch("w"));
        assertEquals(200, response.statusCode());
        try (Stream<String> body = response.body()) {
            Iterator<String> lines = body.iterator();
            JsonObject created = result(lines);
            assertTrue(created.getBoolean("created"), created::encode);
            for (int i = 0; i < 50; i++) {
                client.put(bytes("w"), "value " + i);
                client.put(bytes("other"), "unseen");
                JsonObject event = result(lines).getJsonArray("events").getJsonObject(0);
                assertEquals(base64("value " + i), event.getJsonObject("kv").getString("value"));
                assertFalse(event.containsKey("type"), "PUT is the default");
            }
            client.delete(bytes("w"));
            assertEquals(
                    "DELETE",
                    result(lines).getJsonArray("events").getJsonObject(0).getString("type"));
            assertTrue(member.metrics().contains("etcd_debugging_mvcc_watch_stream_total 1"));
        }
        Eventually.holds(
                "the watch has ended with its client",
                () -> member.metrics().contains("etcd_debugging_mvcc_watch_stream_total 0"));
    }

    /// A body may hold several requests, one behind the other.
    @Test
    @Statement("GWY-06")
    void aStreamTakesSeveralRequests(Member member, Client client) throws Exception {
        HttpResponse<Stream<String>> response = open(
                member,
                "/v3/watch",
                "{\"create_request\":{\"key\":\"" + base64("one") + "\"}}\n"
                        + "{\"create_request\":{\"key\":\"" + base64("two") + "\",\"watch_id\":7}}"
                        + "{\"progress_request\":{}}");
        try (Stream<String> body = response.body()) {
            Iterator<String> lines = body.iterator();
            assertTrue(besideProgress(lines).getBoolean("created"));
            JsonObject second = besideProgress(lines);
            assertTrue(second.getBoolean("created"), second::encode);
            assertEquals("7", second.getString("watch_id"));
            client.put(bytes("two"), "2");
            JsonObject event = besideProgress(lines);
            assertTrue(event.containsKey("events"), event::encode);
            assertEquals("7", event.getString("watch_id"));
        }
    }

    @Test
    @Statement("GWY-06")
    void aStreamThatIsRefusedSaysSo(Member member) throws Exception {
        HttpResponse<Stream<String>> refused =
                open(member, "/v3/watch", "{\"create_request\":{\"start_revision\":-1}}");
        try (Stream<String> body = refused.body()) {
            JsonObject answer = result(body.iterator());
            assertTrue(answer.getBoolean("canceled"), answer::encode);
        }
        // etcd does not answer at all.
        if (!MemberTarget.isEtcd()) {
            Answer malformed = post(member, "/v3/watch", "{");
            assertEquals(400, malformed.status(), malformed.body());
        }
    }

    @Test
    void anElectionIsObserved(Member member) throws Exception {
        String campaign = "{\"name\":\"" + base64("e") + "\",\"value\":\"" + base64("first") + "\"}";
        assertTrue(post(member, "/v3/election/campaign", campaign).json().containsKey("leader"));
        HttpResponse<Stream<String>> observed =
                open(member, "/v3/election/observe", "{\"name\":\"" + base64("e") + "\"}");
        try (Stream<String> body = observed.body()) {
            assertEquals(
                    base64("first"), result(body.iterator()).getJsonObject("kv").getString("value"));
        }
    }

    /// Nesting beyond what any request needs ends in an answer and not in a stack.
    @Test
    void deepNestingIsRefused(Member member, Client client) throws Exception {
        long before = client.revision();
        String open = "{\"success\":[{\"request_txn\":".repeat(10_000);
        Answer refused = post(member, "/v3/kv/txn", open + "{}" + "}]}".repeat(10_000));
        assertTrue(refused.status() == 400, refused.status() + " " + refused.body());
        assertEquals(
                400,
                post(member, "/v3/kv/range", "{\"x\":" + "[".repeat(100_000)).status());
        assertEquals(
                400,
                post(member, "/v3/kv/range", "{\"limit\":" + "9".repeat(1_000_000) + "}")
                        .status());
        assertEquals(before, client.revision());
    }
}
