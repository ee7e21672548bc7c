package io.metastore.blackbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.authpb.Permission.Type;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// JSON over HTTP on three members with users: each member takes and answers everything.
@BlackBox
@Timeout(180)
class ClusterGatewayIT {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }

    private static HttpRequest request(Member member, String path, String token, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://" + member.endpoint() + path))
                .timeout(Client.PATIENCE)
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (!token.isEmpty()) {
            request.header("Authorization", token);
        }
        return request.build();
    }

    private static JsonObject post(Member member, String path, String token, String body) throws Exception {
        return new JsonObject(HTTP.send(request(member, path, token, body), HttpResponse.BodyHandlers.ofString())
                .body());
    }

    @Test
    void everyMemberServesUsersOverHttp() throws Exception {
        try (Cluster cluster = Cluster.start(3, "--bcrypt-cost=4");
                Client root = Accounts.enable(cluster.member(0))) {
            new Accounts(root)
                    .userWith(cluster.member(0), "u", Type.READWRITE, Requests.bytes("a"), ByteString.EMPTY)
                    .close();
            String token = post(cluster.member(2), "/v3/auth/authenticate", "", "{\"name\":\"u\",\"password\":\"u\"}")
                    .getString("token");
            List<Stream<String>> open = new ArrayList<>();
            List<Iterator<String>> watches = new ArrayList<>();
            for (Member member : cluster.members()) {
                String watch = "{\"create_request\":{\"key\":\"" + base64("a") + "\"}}";
                Stream<String> lines = HTTP.send(
                                request(member, "/v3/watch", token, watch), HttpResponse.BodyHandlers.ofLines())
                        .body();
                open.add(lines);
                watches.add(lines.iterator());
                assertTrue(result(watches.getLast()).getBoolean("created"));
            }
            for (int i = 0; i < 30; i++) {
                Member writer = cluster.member(i % 3);
                String value = base64("value " + i);
                String pair = "{\"key\":\"" + base64("a") + "\",\"value\":\"" + value + "\"}";
                String revision = post(writer, "/v3/kv/put", token, pair)
                        .getJsonObject("header")
                        .getString("revision");
                JsonObject read = post(
                                cluster.member((i + 1) % 3), "/v3/kv/range", token, "{\"key\":\"" + base64("a") + "\"}")
                        .getJsonArray("kvs")
                        .getJsonObject(0);
                assertEquals(value, read.getString("value"));
                assertEquals(revision, read.getString("mod_revision"));
                for (Iterator<String> watch : watches) {
                    assertEquals(
                            revision,
                            result(watch)
                                    .getJsonArray("events")
                                    .getJsonObject(0)
                                    .getJsonObject("kv")
                                    .getString("mod_revision"));
                }
                assertEquals(
                        "etcdserver: permission denied",
                        post(writer, "/v3/kv/range", token, "{\"key\":\"" + base64("b") + "\"}")
                                .getString("message"));
            }
            open.forEach(Stream::close);
        }
    }

    private static JsonObject result(Iterator<String> lines) {
        return new JsonObject(lines.next()).getJsonObject("result");
    }
}
