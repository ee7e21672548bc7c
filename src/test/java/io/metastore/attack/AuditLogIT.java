package io.metastore.attack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.metastore.Eventually;
import io.metastore.api.etcd.authpb.Permission;
import io.metastore.api.etcd.etcdserverpb.Compare;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.RequestOp;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import io.metastore.blackbox.Accounts;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Member;
import io.metastore.blackbox.WatchCall;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What the audit log says of calls, what it never says, and what becomes of it when it cannot be written.
@Timeout(120)
class AuditLogIT {
    private static final ByteString KEY = ByteString.copyFromUtf8("app/kéy");
    private static final String SECRET = "planted-secret";

    @Test
    void saysWhoCalledWhatAndNeverASecret(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("audit.log");
        try (Member member = Member.startOwn("--bcrypt-cost=4", "--metastore.audit.file=" + file);
                Client root = Accounts.enable(member)) {
            Accounts accounts = new Accounts(root);
            accounts.addUser("ann");
            accounts.changePassword("ann", SECRET);
            accounts.addRole("r");
            accounts.grantRole("ann", "r");
            accounts.grant("r", Permission.Type.READWRITE, KEY, ByteString.EMPTY);
            String token = new Accounts(member.client()).token("ann", SECRET);
            long revision = call(member, token);
            awaitLines(file, "etcdserverpb.KV/DeleteRange", 2);
            whatWasCalledIsThere(file, revision);
            String all = Files.readString(file);
            assertFalse(all.contains(SECRET), all);
            assertFalse(all.contains(token), all);
            callsAreCounted(member);
        }
    }

    /// Calls as ann, with secrets for values, and once with a token that is nobody's. Returns the revision of the first
    /// put.
    private static long call(Member member, String token) throws Exception {
        try (Client ann = Client.withToken(member.endpoint(), token);
                Client nobody = Client.withToken(member.endpoint(), SECRET + ".1")) {
            long revision = ann.putRevision(KEY, SECRET);
            assertTrue(ann.get(KEY).isPresent());
            assertThrows(StatusRuntimeException.class, () -> ann.get(ByteString.copyFromUtf8("other")));
            assertThrows(StatusRuntimeException.class, () -> ann.delete(ByteString.copyFromUtf8("other")));
            var done = ann.txn(TxnRequest.newBuilder()
                    .addCompare(Compare.newBuilder()
                            .setKey(KEY)
                            .setTarget(Compare.CompareTarget.VALUE)
                            .setValue(ByteString.copyFromUtf8(SECRET)))
                    .addSuccess(RequestOp.newBuilder()
                            .setRequestPut(PutRequest.newBuilder()
                                    .setKey(KEY)
                                    .setValue(ByteString.copyFromUtf8(SECRET + "2")))));
            assertTrue(done.getSucceeded());
            assertEquals(200, putAsJson(member, token).statusCode());
            assertThrows(StatusRuntimeException.class, () -> nobody.delete(KEY));
            return revision;
        }
    }

    private static void whatWasCalledIsThere(Path file, long revision) {
        JsonObject put = line(file, "etcdserverpb.KV/Put", 0);
        assertEquals("ann", put.get("user").getAsString());
        assertEquals("{\"key\":\"app/k\\\\303\\\\251y\"}", put.get("request").toString());
        assertEquals(revision, put.get("revision").getAsLong());
        assertEquals("OK", put.get("outcome").getAsString());
        assertTrue(put.get("client").getAsString().startsWith("127.0.0.1:"), put::toString);
        JsonObject overHttp = line(file, "etcdserverpb.KV/Put", 1);
        assertTrue(overHttp.get("client").getAsString().startsWith("127.0.0.1:"), overHttp::toString);
        // Reads are left out unless they were refused.
        assertEquals(1, lines(file, "etcdserverpb.KV/Range").size());
        JsonObject read = line(file, "etcdserverpb.KV/Range", 0);
        assertEquals("PERMISSION_DENIED", read.get("outcome").getAsString());
        assertEquals("etcdserver: permission denied", read.get("error").getAsString());
        assertEquals(
                "{\"compare\":[{\"key\":\"app/k\\\\303\\\\251y\"}],"
                        + "\"success\":[{\"request_put\":{\"key\":\"app/k\\\\303\\\\251y\"}}]}",
                line(file, "etcdserverpb.KV/Txn", 0).get("request").toString());
        assertEquals(
                "", line(file, "etcdserverpb.KV/DeleteRange", 1).get("user").getAsString());
        assertEquals(
                "{\"name\":\"ann\"}",
                line(file, "etcdserverpb.Auth/Authenticate", 1).get("request").toString());
    }

    private static void callsAreCounted(Member member) {
        String page = member.metrics();
        assertTrue(page.contains("metastore_user_requests_total{user=\"ann\",refused=\"false\"} 4\n"), page);
        assertTrue(page.contains("metastore_user_requests_total{user=\"ann\",refused=\"true\"} 2\n"), page);
        assertTrue(page.contains("metastore_user_requests_total{user=\"\",refused=\"true\"} 1\n"), page);
        assertTrue(page.contains("metastore_audit_lines_lost_total 0\n"), page);
        assertFalse(page.contains(SECRET), page);
    }

    private static HttpResponse<String> putAsJson(Member member, String token) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                    HttpRequest.newBuilder(URI.create("http://" + member.endpoint() + "/v3/kv/put"))
                            .header("Authorization", token)
                            .POST(HttpRequest.BodyPublishers.ofString(
                                    "{\"key\":\"YXBwL2vDqXk=\",\"value\":\"cGxhbnRlZC1zZWNyZXQ=\"}"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    @Test
    void readsAndStreamsAreThereWhenTheyAreWanted(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("audit.log");
        try (Member member = Member.startOwn(
                        "--metastore.audit.file=" + file,
                        "--metastore.audit.reads=true",
                        "--metastore.watch.stream-watchers=2");
                WatchCall watch = WatchCall.open(member.client())) {
            assertTrue(member.client().get(KEY).isEmpty());
            var first = watch.create(WatchCall.one(KEY, 0));
            var second = watch.create(WatchCall.one(KEY, 0));
            assertTrue(first.getCreated() && second.getCreated());
            watch.refused(
                    WatchCreateRequest.newBuilder().setKey(KEY),
                    "etcdserver: too many watchers on this stream: cancel some, open another stream, or raise"
                            + " watch.stream-watchers");
            awaitLines(file, "etcdserverpb.Watch/Watch", 3);
            awaitLines(file, "etcdserverpb.KV/Range", 1);
            assertEquals(
                    "BEGUN",
                    line(file, "etcdserverpb.Watch/Watch", 0).get("outcome").getAsString());
        }
    }

    @Test
    void aFullDiskStopsNeitherCallsNorTheMember() {
        try (Member member = Member.startOwn("--metastore.audit.file=/dev/full")) {
            for (int i = 0; i < 300; i++) {
                member.client().put(KEY, "value " + i);
            }
            Eventually.holds(
                    "every call is counted as missing",
                    () -> member.metrics().contains("metastore_audit_lines_lost_total 300\n"));
            assertTrue(member.metrics().contains("metastore_audit_lines_total 0\n"));
            assertTrue(member.log().contains("the audit log /dev/full misses calls"), member::log);
        }
    }

    @Test
    void fullFilesAreRenamedAndTheOldestDeleted(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("audit.log");
        try (Member member = Member.startOwn(
                "--metastore.audit.file=" + file, "--metastore.audit.file-bytes=64KiB", "--metastore.audit.files=2")) {
            ByteString longKey = ByteString.copyFromUtf8("k".repeat(2_000));
            IntStream.range(0, 500).forEach(_ -> member.client().put(longKey, "v"));
            Eventually.holds("all are written", () -> member.metrics().contains("metastore_audit_lines_total 500\n"));
        }
        try (var files = Files.list(folder)) {
            List<Path> found = files.sorted().toList();
            assertEquals(3, found.size(), found::toString);
            for (Path one : found) {
                assertTrue(Files.size(one) < 80 << 10, one::toString);
                for (String line : Files.readAllLines(one)) {
                    JsonObject request =
                            JsonParser.parseString(line).getAsJsonObject().getAsJsonObject("request");
                    assertTrue(request.get("cut").getAsBoolean());
                    assertEquals(512 + 3, request.get("key").getAsString().length());
                }
            }
        }
    }

    @Test
    void aFileThatCannotBeOpenedRefusesTheStart(@TempDir Path folder) throws IOException {
        Path noFolder = Files.createFile(folder.resolve("file"));
        String flag = "--metastore.audit.file=" + noFolder.resolve("audit.log");
        String said = assertThrows(Throwable.class, () -> Member.startOwn(flag).close())
                .getMessage();
        assertTrue(said.contains("the audit log cannot be written: "), said);
        assertTrue(said.contains("set audit.file to a file that this user may write"), said);
    }

    private static void awaitLines(Path file, String call, int count) {
        Eventually.holds(count + " lines of " + call, () -> lines(file, call).size() >= count);
    }

    private static JsonObject line(Path file, String call, int at) {
        return lines(file, call).get(at);
    }

    private static List<JsonObject> lines(Path file, String call) {
        try {
            return Files.readAllLines(file).stream()
                    .map(line -> JsonParser.parseString(line).getAsJsonObject())
                    .filter(line -> line.get("call").getAsString().equals(call))
                    .toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
