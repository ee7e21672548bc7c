package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.stream.Stream;

/// Short forms of calls as JSON over HTTP.
final class GatewayClient {
    static final HttpClient HTTP = HttpClient.newHttpClient();

    private GatewayClient() {}

    /// What came back.
    record Answer(int status, String body) {
        JsonObject json() {
            assertEquals(200, status, body);
            return new JsonObject(body);
        }

        void refused(int expected, int code, String message) {
            assertEquals(expected, status, body);
            JsonObject error = new JsonObject(body);
            assertEquals(code, error.getInteger("code"), body);
            assertEquals(message, error.getString("message"), body);
            assertFalse(
                    error.containsKey("details")
                            && !error.getJsonArray("details").isEmpty(),
                    body);
        }
    }

    /// @param headers names and values in turn
    static Answer send(String method, Member member, String path, String body, String... headers) throws Exception {
        HttpResponse<String> response =
                HTTP.send(request(method, member, path, body, headers), HttpResponse.BodyHandlers.ofString());
        return new Answer(response.statusCode(), response.body());
    }

    static Answer post(Member member, String path, String body, String... headers) throws Exception {
        return send("POST", member, path, body, headers);
    }

    /// A call whose answers come line by line; the caller closes the body.
    static HttpResponse<Stream<String>> open(Member member, String path, String body, String... headers)
            throws Exception {
        return HTTP.send(request("POST", member, path, body, headers), HttpResponse.BodyHandlers.ofLines());
    }

    private static HttpRequest request(String method, Member member, String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://" + member.endpoint() + path))
                .timeout(Client.PATIENCE)
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return request.build();
    }

    static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    static String pair(String key, String value) {
        return "{\"key\":\"" + base64(key) + "\",\"value\":\"" + base64(value) + "\"}";
    }

    static String key(String key) {
        return "{\"key\":\"" + base64(key) + "\"}";
    }

    static String watch(String key) {
        return "{\"create_request\":" + key(key) + "}";
    }
}
