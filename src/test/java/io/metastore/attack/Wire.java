package io.metastore.attack;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// A connection of somebody who keeps to no rules: frames of HTTP/2 as they are wanted, or any bytes.
final class Wire implements AutoCloseable {
    static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int END_STREAM = 1;
    static final int END_HEADERS = 4;

    private static final int PATIENCE_MS = 30_000;

    private final Socket socket;
    private final OutputStream out;
    private final InputStream in;

    /// @param endpoint `host:port`
    Wire(String endpoint) throws IOException {
        int colon = endpoint.lastIndexOf(':');
        socket = new Socket();
        // Little room, so that a client that does not read is felt soon.
        socket.setReceiveBufferSize(16 << 10);
        socket.connect(
                new InetSocketAddress(endpoint.substring(0, colon), Integer.parseInt(endpoint.substring(colon + 1))),
                PATIENCE_MS);
        socket.setSoTimeout(PATIENCE_MS);
        out = socket.getOutputStream();
        in = socket.getInputStream();
    }

    static byte[] frame(int type, int flags, int stream, byte[] payload) {
        return ByteBuffer.allocate(9 + payload.length)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    /// Literal header fields, name and value in turn, without tables or Huffman codes.
    static byte[] fields(String... namesAndValues) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            block.write(0x10);
            string(block, namesAndValues[i]);
            string(block, namesAndValues[i + 1]);
        }
        return block.toByteArray();
    }

    static void string(ByteArrayOutputStream block, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        integer(block, 0, 7, bytes.length);
        block.writeBytes(bytes);
    }

    /// HPACK's integer: `prefix` bits of the first byte, then seven at a time.
    static void integer(ByteArrayOutputStream block, int first, int prefix, int number) {
        int most = (1 << prefix) - 1;
        if (number < most) {
            block.write(first | number);
            return;
        }
        block.write(first | most);
        int rest = number - most;
        while (rest >= 0x80) {
            block.write(rest & 0x7f | 0x80);
            rest >>>= 7;
        }
        block.write(rest);
    }

    /// The header fields of a call.
    static byte[] call(String path) {
        return fields(
                ":method",
                "POST",
                ":scheme",
                "http",
                ":path",
                path,
                ":authority",
                "member",
                "content-type",
                "application/grpc",
                "te",
                "trailers");
    }

    /// A message as gRPC sends it.
    static byte[] message(byte[] encoded) {
        return ByteBuffer.allocate(5 + encoded.length)
                .put((byte) 0)
                .putInt(encoded.length)
                .put(encoded)
                .array();
    }

    /// Preface and settings, as every client begins.
    Wire greet() throws IOException {
        return send(PREFACE).send(frame(SETTINGS, 0, 0, new byte[0]));
    }

    Wire send(byte[] bytes) throws IOException {
        out.write(bytes);
        return this;
    }

    /// Sends as long as the other side takes it; false when it has closed.
    boolean trySend(byte[] bytes) {
        try {
            out.write(bytes);
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    /// Reads until the other side closes, at most for `millis` after the last byte; whether it has closed.
    boolean awaitClosed(int millis) throws IOException {
        socket.setSoTimeout(millis);
        byte[] buffer = new byte[16 << 10];
        try {
            while (in.read(buffer) >= 0) {
                // What it says does not matter here.
            }
            return true;
        } catch (SocketTimeoutException _) {
            return false;
        } catch (IOException _) {
            return true;
        }
    }

    /// Reads the head of an answer over HTTP/1.1, and nothing behind it.
    String head() throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("closed within " + head);
            }
            head.append((char) next);
        }
        return head.toString();
    }

    /// Reads what is there now.
    void drain() throws IOException {
        byte[] buffer = new byte[16 << 10];
        int waiting = in.available();
        while (waiting > 0) {
            int read = in.read(buffer);
            waiting = read < 0 ? 0 : in.available();
        }
    }

    /// Ends with a reset instead of an orderly end.
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
