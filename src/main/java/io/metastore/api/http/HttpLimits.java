package io.metastore.api.http;

import java.time.Duration;

/// What a client of HTTP may take.
///
/// @param lineBytes       longest request line; longer ones are answered with 414
/// @param headerBytes     all headers of a request together; more is answered with 431
/// @param bodyBytes       longest body, and all bodies of a connection of HTTP/2 that are under way; more is answered
///     with 413
/// @param connections     connections at once that speak HTTP/1.1, and requests at once over HTTP/2, each of all
///     listeners together; more are answered with 503
/// @param streams         requests at once on one connection of HTTP/2; more are sent back unheard
/// @param pipelined       requests that a client may send ahead of their answers before the connection is cut
/// @param requestTime     from the first byte of a request to its last, so that nobody trickles bytes for ever
/// @param idleTime        a connection between two requests, and a client that does not read its answer
/// @param responseTime    longest time an answer may take before the client gets 504
public record HttpLimits(
        int lineBytes,
        int headerBytes,
        int bodyBytes,
        int connections,
        int streams,
        int pipelined,
        Duration requestTime,
        Duration idleTime,
        Duration responseTime) {
    /// Bytes that a message may have as JSON: bytes as Base64 take a third more.
    ///
    /// @param message largest message, in its binary form
    public static int jsonBytes(int message) {
        return message + message / 3 + 1024;
    }

    /// @param bodyBytes longest body of a request
    public static HttpLimits standard(int bodyBytes) {
        return new HttpLimits(
                8 << 10,
                16 << 10,
                bodyBytes,
                1000,
                256,
                64,
                Duration.ofSeconds(10),
                Duration.ofSeconds(60),
                Duration.ofSeconds(60));
    }
}
