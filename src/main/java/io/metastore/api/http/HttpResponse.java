package io.metastore.api.http;

import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// What a request is answered with.
///
/// @param status  100 to 599
/// @param headers beside date, connection and the length of `body`, which the transport adds
/// @param stream  the body, when it comes part by part; `body` is empty then
public record HttpResponse(int status, Map<String, String> headers, byte[] body, Optional<HttpStream> stream) {
    public static final String JSON = "application/json";
    private static final String TEXT = "text/plain; charset=utf-8";

    /// A response whose body is there.
    public HttpResponse(int status, Map<String, String> headers, byte[] body) {
        this(status, headers, body, Optional.empty());
    }

    /// A response whose body comes part by part.
    ///
    /// @param headers with the content's length where that is known
    public static HttpResponse streamed(int status, Map<String, String> headers, HttpStream stream) {
        return new HttpResponse(status, headers, new byte[0], Optional.of(stream));
    }

    public static HttpResponse of(int status, String contentType, byte[] body) {
        return new HttpResponse(status, Map.of("content-type", contentType), body);
    }

    public static HttpResponse text(int status, String text) {
        return of(status, TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    public static HttpResponse json(int status, String json) {
        return json(status, json.getBytes(StandardCharsets.UTF_8));
    }

    public static HttpResponse json(int status, byte[] json) {
        return of(status, JSON, json);
    }

    /// A refusal in the form in which etcd gives it: the text and a line end, not to be taken for anything
    /// but text.
    public static HttpResponse error(int status, String text) {
        return new HttpResponse(
                status,
                Map.of("content-type", TEXT, "x-content-type-options", "nosniff"),
                (text + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /// The same with further headers.
    HttpResponse with(Map<String, String> further) {
        if (further.isEmpty()) {
            return this;
        }
        Map<String, String> all = new HashMap<>(headers);
        all.putAll(further);
        return new HttpResponse(status, all, body, stream);
    }

    /// The present time as a response tells it.
    static String date() {
        return DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC));
    }

    static HttpResponse notFound() {
        return error(404, "404 page not found");
    }

    static HttpResponse onlyGet() {
        return new HttpResponse(
                405,
                Map.of("allow", "GET", "content-type", TEXT, "x-content-type-options", "nosniff"),
                "Method Not Allowed\n".getBytes(StandardCharsets.UTF_8));
    }
}
