package io.metastore.blackbox;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A few frames of HTTP/2 by hand, for what a gRPC client hides.
final class RawHttp2 implements AutoCloseable {

    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    private static final int PING_SIZE = 8;
    private static final int GRPC_PREFIX = 5;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;

    /// One frame of stream 0 or another.
    record Frame(int type, int flags, int stream, byte[] payload) {
        boolean isLast() {
            return type == RST_STREAM || type <= HEADERS && (flags & END_STREAM) != 0;
        }
    }

    /// A header field; names may be such that no client sends them.
    record Field(String name, String value) {}

    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;

    /// Headers are compressed by those that came before on the connection, so all of them have to be read.
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder();

    private final Map<Integer, Http2Headers> headers = new HashMap<>();

    RawHttp2(String endpoint) throws IOException {
        this(new Socket(
                endpoint.substring(0, endpoint.lastIndexOf(':')),
                Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1))));
    }

    RawHttp2(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout((int) Client.PATIENCE.toMillis());
        in = new DataInputStream(socket.getInputStream());
        out = new DataOutputStream(socket.getOutputStream());
        out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        write(SETTINGS, 0, 0, new byte[0]);
    }

    void ping() throws IOException {
        write(PING, 0, 0, new byte[PING_SIZE]);
    }

    private void write(int type, int flags, int stream, byte[] payload) throws IOException {
        out.write(new byte[] {
            (byte) (payload.length >> 16),
            (byte) (payload.length >> 8),
            (byte) payload.length,
            (byte) type,
            (byte) flags
        });
        out.writeInt(stream);
        out.write(payload);
        out.flush();
    }

    /// Opens a gRPC call on a stream and leaves it open: no message follows.
    void open(int stream, String path) throws IOException {
        write(HEADERS, END_HEADERS, stream, headers(path).toByteArray());
    }

    private static ByteArrayOutputStream headers(String path) {
        ByteArrayOutputStream headers = new ByteArrayOutputStream();
        literal(headers, ":method", "POST".getBytes(StandardCharsets.US_ASCII));
        literal(headers, ":scheme", "http".getBytes(StandardCharsets.US_ASCII));
        literal(headers, ":path", path.getBytes(StandardCharsets.US_ASCII));
        literal(headers, ":authority", "member".getBytes(StandardCharsets.US_ASCII));
        literal(headers, "content-type", "application/grpc".getBytes(StandardCharsets.US_ASCII));
        literal(headers, "te", "trailers".getBytes(StandardCharsets.US_ASCII));
        return headers;
    }

    /// Makes a unary gRPC call with a header whose value is any bytes, and returns its last headers: none when
    /// the server reset the stream.
    Http2Headers call(String path, String name, byte[] value, byte[] message) throws Exception {
        ByteArrayOutputStream headers = headers(path);
        literal(headers, name, value);
        write(HEADERS, END_HEADERS, 1, headers.toByteArray());
        message(1, message, true);
        return end(1);
    }

    /// The last headers of the first stream that is answered: none when the server reset it.
    Http2Headers end(int stream) throws Exception {
        while (true) {
            Frame frame = read();
            if (frame.type() == RST_STREAM) {
                return new DefaultHttp2Headers();
            }
            if (frame.type() == HEADERS) {
                if ((frame.flags() & END_STREAM) != 0) {
                    return headersOf(frame.stream());
                }
            }
        }
    }

    /// Opens a stream with any headers, in `frames` pieces.
    void open(int stream, List<Field> fields, int frames) throws IOException {
        ByteArrayOutputStream headers = new ByteArrayOutputStream();
        for (Field field : fields) {
            literal(headers, field.name(), field.value().getBytes(StandardCharsets.ISO_8859_1));
        }
        byte[] block = headers.toByteArray();
        for (int i = 0; i < frames; i++) {
            byte[] piece = Arrays.copyOfRange(block, block.length * i / frames, block.length * (i + 1) / frames);
            write(i == 0 ? HEADERS : CONTINUATION, i == frames - 1 ? END_HEADERS : 0, stream, piece);
        }
    }

    /// Asks for a page.
    void page(int stream, String path) throws IOException {
        ByteArrayOutputStream headers = new ByteArrayOutputStream();
        literal(headers, ":method", "GET".getBytes(StandardCharsets.US_ASCII));
        literal(headers, ":scheme", "https".getBytes(StandardCharsets.US_ASCII));
        literal(headers, ":path", path.getBytes(StandardCharsets.US_ASCII));
        literal(headers, ":authority", "member".getBytes(StandardCharsets.US_ASCII));
        write(HEADERS, END_HEADERS | END_STREAM, stream, headers.toByteArray());
    }

    /// Sends a message of gRPC.
    void message(int stream, byte[] message, boolean last) throws IOException {
        message(stream, 0, message, last);
    }

    /// @param flag what the message says about its compression
    void message(int stream, int flag, byte[] message, boolean last) throws IOException {
        byte[] framed = ByteBuffer.allocate(GRPC_PREFIX + message.length)
                .put((byte) flag)
                .putInt(message.length)
                .put(message)
                .array();
        write(DATA, last ? END_STREAM : 0, stream, framed);
    }

    /// Reads to the next frame of a stream that is no update of a window; fails at the end of the connection.
    Frame nextOf(int stream) throws IOException {
        while (true) {
            Frame frame = read();
            if (frame.type() == GOAWAY) {
                throw new IOException("the connection ends: " + new String(frame.payload(), StandardCharsets.US_ASCII));
            }
            if (frame.stream() == stream && frame.type() != WINDOW_UPDATE) {
                return frame;
            }
        }
    }

    /// A header field in the plainest encoding: no table, no Huffman code.
    private static void literal(ByteArrayOutputStream out, String name, byte[] value) {
        out.write(0);
        out.write(name.length());
        out.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
        out.write(value.length);
        out.writeBytes(value);
    }

    /// Reads to the next frame of a type that is no acknowledgement.
    Frame next(int type) throws IOException {
        while (true) {
            Frame frame = read();
            if (frame.type() == type && (frame.flags() & 1) == 0) {
                return frame;
            }
        }
    }

    private Frame read() throws IOException {
        int length = in.readUnsignedShort() << 8 | in.readUnsignedByte();
        Frame frame = new Frame(in.readUnsignedByte(), in.readUnsignedByte(), in.readInt(), new byte[length]);
        in.readFully(frame.payload());
        if (frame.type() == HEADERS) {
            try {
                headers.put(
                        frame.stream(), decoder.decodeHeaders(frame.stream(), Unpooled.wrappedBuffer(frame.payload())));
            } catch (Http2Exception failure) {
                throw new IOException("headers that cannot be read", failure);
            }
        }
        return frame;
    }

    /// The headers that were read last of a stream.
    Http2Headers headersOf(int stream) {
        return headers.get(stream);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
