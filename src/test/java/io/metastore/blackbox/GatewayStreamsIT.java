package io.metastore.blackbox;

import static io.metastore.blackbox.GatewayClient.HTTP;
import static io.metastore.blackbox.GatewayClient.base64;
import static io.metastore.blackbox.GatewayClient.key;
import static io.metastore.blackbox.GatewayClient.post;
import static io.metastore.blackbox.GatewayClient.watch;
import static io.metastore.blackbox.Requests.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Requests that a client sends while answers come: over a WebSocket, and in the body of one request.
@BlackBox
@Timeout(120)
class GatewayStreamsIT {
    private static final String WATCHES = "etcd_debugging_mvcc_watcher_total ";

    @TempDir
    private Path folder;

    /// What comes over a WebSocket; empty stands for its end.
    private record Socket(WebSocket socket, BlockingQueue<Optional<String>> messages) {
        static Socket open(Member member, String path, String... protocols) {
            BlockingQueue<Optional<String>> messages = new LinkedBlockingQueue<>();
            WebSocket.Builder builder = HTTP.newWebSocketBuilder();
            if (protocols.length > 0) {
                builder.subprotocols(protocols[0], Arrays.copyOfRange(protocols, 1, protocols.length));
            }
            WebSocket socket = builder.buildAsync(
                            URI.create("ws://" + member.endpoint() + path), new WebSocket.Listener() {
                                private final StringBuilder text = new StringBuilder();

                                @Override
                                public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
                                    text.append(part);
                                    if (last) {
                                        messages.add(Optional.of(text.toString()));
                                        text.setLength(0);
                                    }
                                    socket.request(1);
                                    return null;
                                }

                                @Override
                                public CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
                                    messages.add(Optional.empty());
                                    return null;
                                }

                                @Override
                                public void onError(WebSocket socket, Throwable cut) {
                                    messages.add(Optional.empty());
                                }
                            })
                    .join();
            return new Socket(socket, messages);
        }

        void send(String text) {
            socket.sendText(text, true).join();
        }

        JsonObject next() throws InterruptedException {
            return new JsonObject(message().orElseThrow());
        }

        JsonObject result() throws InterruptedException {
            return next().getJsonObject("result");
        }

        Optional<String> message() throws InterruptedException {
            Optional<String> message = messages.poll(30, TimeUnit.SECONDS);
            assertTrue(message != null, "nothing came");
            return message;
        }
    }

    @Test
    @Statement("GWY-08")
    void aWebSocketWatchesWhatIsAskedOneAfterTheOther() throws Exception {
        try (Member member = Member.startOwn()) {
            Client client = member.client();
            Socket socket = Socket.open(member, "/v3/watch");
            socket.send(watch("one"));
            assertTrue(socket.result().getBoolean("created"));
            client.put(bytes("one"), "1");
            assertEquals(base64("1"), value(socket.result()));
            socket.send("{\"create_request\":{\"key\":\"" + base64("two") + "\",\"watch_id\":7}}");
            JsonObject second = socket.result();
            assertTrue(second.getBoolean("created"), second::encode);
            for (int i = 0; i < 100; i++) {
                client.put(bytes("two"), "value " + i);
                JsonObject event = socket.result();
                assertEquals("7", event.getString("watch_id"));
                assertEquals(base64("value " + i), value(event));
            }
            socket.send("{\"cancel_request\":{\"watch_id\":7}}");
            assertTrue(socket.result().getBoolean("canceled"));
            assertTrue(member.metrics().contains(WATCHES + "1"));
            socket.socket().sendClose(WebSocket.NORMAL_CLOSURE, "").join();
            Eventually.holds(
                    "the watch ends with its client", () -> member.metrics().contains(WATCHES + "0"));

            Socket cut = Socket.open(member, "/v3/watch");
            cut.send(watch("one"));
            assertTrue(cut.result().getBoolean("created"));
            cut.socket().abort();
            Eventually.holds(
                    "the watch ends with its connection", () -> member.metrics().contains(WATCHES + "0"));
        }
    }

    private static String value(JsonObject result) {
        return result.getJsonArray("events")
                .getJsonObject(0)
                .getJsonObject("kv")
                .getString("value");
    }

    /// One message is the request, one the answer, after which the server closes. In etcd the request ends with its
    /// connection, so that an answer, or its loss, depends on timing.
    @Test
    void aWebSocketCarriesAnyCall() throws Exception {
        Assumptions.assumeFalse(
                MemberTarget.isEtcd(), "etcd is for streams there: an answer to other calls may be lost");
        try (Member member = Member.startOwn()) {
            member.client().put(bytes("a"), "1");
            Socket range = Socket.open(member, "/v3/kv/range");
            range.send(key("a"));
            assertEquals("1", range.next().getString("count"));
            assertEquals(Optional.empty(), range.message());
            Socket refused = Socket.open(member, "/v3/kv/range");
            refused.send("{}");
            assertEquals(3, refused.next().getInteger("code"));
            assertEquals(Optional.empty(), refused.message());
            Socket nowhere = Socket.open(member, "/v3/none");
            assertEquals(5, nowhere.next().getInteger("code"));
            assertEquals(Optional.empty(), nowhere.message());
        }
    }

    /// A browser has no other place for a token.
    @Test
    @Statement("GWY-08")
    void aTokenComesAmongTheSubprotocols() throws Exception {
        try (Member member = Member.startOwn("--bcrypt-cost=4");
                Client root = Accounts.enable(member)) {
            root.put(bytes("a"), "1");
            String token = post(member, "/v3/auth/authenticate", "{\"name\":\"root\",\"password\":\"root\"}")
                    .json()
                    .getString("token");
            Socket shown = Socket.open(member, "/v3/watch", "Bearer", token);
            assertEquals("Bearer", shown.socket().getSubprotocol());
            shown.send(watch("a"));
            JsonObject answer = shown.result();
            assertTrue(answer.getBoolean("created"), answer::encode);
            assertFalse(answer.containsKey("canceled"), answer::encode);
            root.put(bytes("a"), "2");
            assertEquals(base64("2"), value(shown.result()));
            Socket hidden = Socket.open(member, "/v3/watch");
            hidden.send(watch("a"));
            assertTrue(hidden.result().getBoolean("canceled"));
        }
    }

    @Test
    @Statement("GWY-12")
    void aHostThatIsNotMeantGetsNoWebSocket() throws Exception {
        try (Member member = Member.startOwn("--host-whitelist=example.org")) {
            CompletionException refused =
                    assertThrows(CompletionException.class, () -> Socket.open(member, "/v3/watch"));
            assertTrue(refused.getCause() instanceof WebSocketHandshakeException, refused::toString);
            assertEquals(
                    421,
                    ((WebSocketHandshakeException) refused.getCause())
                            .getResponse()
                            .statusCode());
        }
    }

    /// A request whose body goes on while its answer comes: curl sends what it is given at once. (Java's client reads
    /// ahead of what it sends.)
    private record Upload(Process curl, Iterator<String> lines) implements AutoCloseable {
        static Upload open(List<String> options, String url, String first) throws IOException {
            List<String> words =
                    new ArrayList<>(List.of("curl", "-sSN", "--no-progress-meter", "-X", "POST", "-T", ".", url));
            words.addAll(options);
            Process curl = new ProcessBuilder(words)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            Upload upload = new Upload(
                    curl, curl.inputReader(StandardCharsets.UTF_8).lines().iterator());
            upload.send(first);
            return upload;
        }

        void send(String text) throws IOException {
            curl.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            curl.getOutputStream().flush();
        }

        void end() throws IOException {
            curl.getOutputStream().close();
        }

        JsonObject next() {
            return new JsonObject(lines.next());
        }

        JsonObject result() {
            return next().getJsonObject("result");
        }

        @Override
        public void close() {
            curl.destroyForcibly();
        }
    }

    @Test
    @Statement("GWY-06")
    void oneRequestGoesBothWaysOverHttp2() throws Exception {
        try (SecureMember secure = new SecureMember(folder)) {
            bothWays(
                    List.of("--http2", "--cacert", secure.authority.certFile.toString()),
                    secure.url(),
                    secure.member.client());
        }
    }

    /// etcd reads the whole body before it answers over HTTP/1.1, as Go does: the answers come once the body has ended.
    @Test
    void oneRequestGoesBothWaysOverHttp1() throws Exception {
        try (Member member = Member.startOwn()) {
            List<String> options = List.of("--http1.1");
            String url = "http://" + member.endpoint();
            if (!MemberTarget.isEtcd()) {
                bothWays(options, url, member.client());
                return;
            }
            try (Upload alive = Upload.open(options, url + "/v3/lease/keepalive", "{\"ID\":\"404\"}")) {
                alive.send("{\"ID\":\"405\"}");
                alive.end();
                assertEquals("404", alive.result().getString("ID"));
                assertEquals("405", alive.result().getString("ID"));
            }
        }
    }

    private static void bothWays(List<String> options, String url, Client client) throws IOException {
        try (Upload watch = Upload.open(options, url + "/v3/watch", watch("one"))) {
            assertTrue(watch.result().getBoolean("created"));
            client.put(bytes("one"), "value");
            assertEquals(base64("value"), value(watch.result()));
            // A request may come in pieces.
            String second = watch("two") + "\n";
            watch.send(second.substring(0, 20));
            watch.send(second.substring(20));
            assertTrue(watch.result().getBoolean("created"));
            client.put(bytes("two"), "value");
            assertEquals(base64("value"), value(watch.result()));
        }
        try (Upload alive = Upload.open(options, url + "/v3/lease/keepalive", "{\"ID\":\"404\"}")) {
            assertEquals("404", alive.result().getString("ID"));
            for (int i = 0; i < 10; i++) {
                alive.send("{\"ID\":" + (500 + i) + "}");
                assertEquals(Integer.toString(500 + i), alive.result().getString("ID"));
            }
            alive.end();
            assertTrue(!alive.lines().hasNext(), "the answer ends with the body");
        }
    }

    /// etcd ends such a stream without a word.
    @Test
    void whatIsNoRequestEndsTheStream() throws Exception {
        try (Member member = Member.startOwn()) {
            Socket scalar = Socket.open(member, "/v3/lease/keepalive");
            scalar.send("7");
            if (!MemberTarget.isEtcd()) {
                assertEquals(3, scalar.next().getJsonObject("error").getInteger("code"));
            }
            assertEquals(Optional.empty(), scalar.message());
            Socket later = Socket.open(member, "/v3/lease/keepalive");
            later.send("{\"ID\":\"404\"}");
            assertEquals("404", later.result().getString("ID"));
            later.send("{\"ID\":\"x\"}");
            if (!MemberTarget.isEtcd()) {
                JsonObject error = later.next().getJsonObject("error");
                assertEquals(3, error.getInteger("code"), error::encode);
            }
            assertEquals(Optional.empty(), later.message());
        }
    }
}
