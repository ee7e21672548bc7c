package io.metastore.api.http;

import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Map;

/// What a request is answered with.
///
/// @param status  100 to 599
/// @param headers beside length, date and connection, which the transport adds
public record HttpResponse(int status, Map<String, String> headers, byte[] body) {
    private static final String TEXT = "text/plain; charset=utf-8";

    public static HttpResponse of(int status, String contentType, byte[] body) {
        return new HttpResponse(status, Map.of("content-type", contentType), body);
    }

    public static HttpResponse text(int status, String text) {
        return of(status, TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    public static HttpResponse json(int status, String json) {
        return of(status, "application/json", json.getBytes(StandardCharsets.UTF_8));
    }

    /// A refusal in the form in which etcd gives it: the text and a line end, not to be taken for anything
    /// but text.
    public static HttpResponse error(int status, String text) {
        return new HttpResponse(
                status,
                Map.of("content-type", TEXT, "x-content-type-options", "nosniff"),
                (text + "\n").getBytes(StandardCharsets.UTF_8));
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
