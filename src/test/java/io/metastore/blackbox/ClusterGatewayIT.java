package io.metastore.blackbox;

import static io.metastore.blackbox.GatewayClient.base64;
import static io.metastore.blackbox.GatewayClient.key;
import static io.metastore.blackbox.GatewayClient.open;
import static io.metastore.blackbox.GatewayClient.pair;
import static io.metastore.blackbox.GatewayClient.post;
import static io.metastore.blackbox.GatewayClient.watch;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.authpb.Permission.Type;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// JSON over HTTP on three members with users: each member takes and answers everything.
@BlackBox
@Timeout(180)
class ClusterGatewayIT {
    @Test
    void everyMemberServesUsersOverHttp() throws Exception {
        try (Cluster cluster = Cluster.start(3, "--bcrypt-cost=4");
                Client root = Accounts.enable(cluster.member(0))) {
            new Accounts(root)
                    .userWith(cluster.member(0), "u", Type.READWRITE, Requests.bytes("a"), ByteString.EMPTY)
                    .close();
            String token = post(cluster.member(2), "/v3/auth/authenticate", "{\"name\":\"u\",\"password\":\"u\"}")
                    .json()
                    .getString("token");
            List<Stream<String>> bodies = new ArrayList<>();
            List<Iterator<String>> watches = new ArrayList<>();
            for (Member member : cluster.members()) {
                Stream<String> lines = open(member, "/v3/watch", watch("a"), "Authorization", token)
                        .body();
                bodies.add(lines);
                watches.add(lines.iterator());
                assertTrue(result(watches.getLast()).getBoolean("created"));
            }
            for (int i = 0; i < 30; i++) {
                Member writer = cluster.member(i % 3);
                String revision = post(writer, "/v3/kv/put", pair("a", "value " + i), "Authorization", token)
                        .json()
                        .getJsonObject("header")
                        .getString("revision");
                JsonObject read = post(cluster.member((i + 1) % 3), "/v3/kv/range", key("a"), "Authorization", token)
                        .json()
                        .getJsonArray("kvs")
                        .getJsonObject(0);
                assertEquals(base64("value " + i), read.getString("value"));
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
                post(writer, "/v3/kv/range", key("b"), "Authorization", token)
                        .refused(403, 7, "etcdserver: permission denied");
            }
            bodies.forEach(Stream::close);
        }
    }

    private static JsonObject result(Iterator<String> lines) {
        return new JsonObject(lines.next()).getJsonObject("result");
    }
}
