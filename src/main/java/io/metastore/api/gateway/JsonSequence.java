package io.metastore.api.gateway;

import com.google.protobuf.Message;
import io.metastore.api.gateway.JsonMessages.Malformed;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.json.JsonObjectDecoder;
import java.util.ArrayList;
import java.util.List;

/// Messages as JSON that come one behind the other, in parts that may end anywhere. Netty's decoder finds
/// where one ends.
///
/// Used by one thread at a time. After a failure nothing more is to be read.
final class JsonSequence {
    private final Message prototype;
    private final int limit;
    private final Objects objects;
    private final EmbeddedChannel channel;

    /// Tells how much of an object has come.
    private static final class Objects extends JsonObjectDecoder {
        private Objects(int limit) {
            super(limit);
        }

        private byte[] rest() {
            return ByteBufUtil.getBytes(internalBuffer());
        }
    }

    /// @param limit most bytes of a message
    JsonSequence(Message prototype, int limit) {
        this.prototype = prototype;
        this.limit = limit;
        this.objects = new Objects(limit);
        this.channel = new EmbeddedChannel(objects);
    }

    /// Reads a part; returns the messages that end in it.
    List<Message> read(byte[] part) throws Malformed {
        try {
            channel.writeInbound(Unpooled.wrappedBuffer(part));
        } catch (TooLongFrameException _) {
            throw new Malformed("a request is longer than " + limit + " bytes");
        } catch (DecoderException _) {
            throw noObject(part);
        }
        List<Message> messages = new ArrayList<>();
        for (ByteBuf object = channel.readInbound(); object != null; object = channel.readInbound()) {
            try {
                messages.add(JsonMessages.read(prototype, ByteBufUtil.getBytes(object)));
            } finally {
                object.release();
            }
        }
        return messages;
    }

    /// Says what is wrong when something else than an object or white space begins.
    private Malformed noObject(byte[] part) {
        try {
            JsonMessages.read(prototype, part);
            return new Malformed("a JSON object is expected");
        } catch (Malformed wrong) {
            return wrong;
        }
    }

    /// Nothing more comes.
    ///
    /// @throws Malformed when a message has begun and not ended
    void end() throws Malformed {
        byte[] rest = objects.rest();
        channel.finishAndReleaseAll();
        if (!new String(rest, java.nio.charset.StandardCharsets.UTF_8).isBlank()) {
            JsonMessages.read(prototype, rest);
            throw new Malformed("the body ends within a request");
        }
    }

    /// Gives up what has come.
    void close() {
        channel.finishAndReleaseAll();
    }
}
