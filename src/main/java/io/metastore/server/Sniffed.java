package io.metastore.server;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2CodecUtil;

/// What the first bytes of a connection say about its protocol.
enum Sniffed {
    /// The preface of HTTP/2, so gRPC.
    HTTP2,
    /// May be the request line of HTTP/1.1.
    HTTP1,
    /// A TLS handshake where none is expected.
    TLS,
    /// Nothing that is spoken here.
    UNKNOWN,
    /// Too few bytes to tell.
    UNDECIDED;

    private static final ByteBuf PREFACE = Http2CodecUtil.connectionPrefaceBuf();
    private static final int TLS_HANDSHAKE = 0x16;
    private static final int TLS_MAJOR = 3;

    /// Looks at what can be read from `bytes` without reading it.
    static Sniffed of(ByteBuf bytes) {
        int length = bytes.readableBytes();
        if (length == 0) {
            return UNDECIDED;
        }
        int start = bytes.readerIndex();
        int first = bytes.getUnsignedByte(start);
        if (first == TLS_HANDSHAKE) {
            return length == 1 ? UNDECIDED : bytes.getUnsignedByte(start + 1) == TLS_MAJOR ? TLS : UNKNOWN;
        }
        int shared = 0;
        while (shared < length
                && shared < PREFACE.readableBytes()
                && bytes.getByte(start + shared) == PREFACE.getByte(shared)) {
            shared++;
        }
        if (shared == PREFACE.readableBytes()) {
            return HTTP2;
        }
        if (shared == length) {
            return UNDECIDED;
        }
        // Methods are written in capital letters; the codec judges the rest.
        return first >= 'A' && first <= 'Z' ? HTTP1 : UNKNOWN;
    }
}
