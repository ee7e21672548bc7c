package io.metastore.api.http;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;

/// The request of a client that asks for a WebSocket.
///
/// A browser cannot send a header Authorization with it, so a token may come among the subprotocols, as in
/// `Sec-WebSocket-Protocol: Bearer, TOKEN` (GWY-08).
///
/// @param head     as it came
/// @param messages takes what the client sends
record Handshake(FullHttpRequest head, Upload messages) {
    static final String BEARER = "Bearer";

    static boolean isAskedFor(io.netty.handler.codec.http.HttpRequest head) {
        return head.method().equals(HttpMethod.GET)
                && head.headers().containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)
                && head.headers().containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true);
    }

    static Handshake of(io.netty.handler.codec.http.HttpRequest head, Upload messages) {
        return new Handshake(
                new DefaultFullHttpRequest(
                        head.protocolVersion(),
                        head.method(),
                        head.uri(),
                        Unpooled.EMPTY_BUFFER,
                        head.headers().copy(),
                        EmptyHttpHeaders.INSTANCE),
                messages);
    }

    /// The request that the messages are the body of: a POST, as by the token among the subprotocols.
    HttpRequest request(HttpRequest asked) {
        String offered = head.headers().get(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL, "");
        int token = offered.indexOf(BEARER + ",");
        Sender sender = token < 0
                ? asked.sender()
                : asked.sender()
                        .by(BEARER + " "
                                + offered.substring(token + BEARER.length() + 1).strip());
        return new HttpRequest("POST", asked.path(), asked.query(), new byte[0], false, sender, messages);
    }
}
