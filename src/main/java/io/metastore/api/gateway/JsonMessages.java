package io.metastore.api.gateway;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// Messages as JSON, by protobuf's own rules with etcd's conventions: names as in the .proto files going out
/// and in either form coming in, defaults left out, unknown fields ignored (GWY-03, GWY-04).
final class JsonMessages {
    private static final int TEXT_MAX = 300;
    /// More than any number of a message has. Reading one takes time that grows with the square of its length.
    private static final int NUMBER_MAX = 64;
    /// Characters of the names and numbers of a small message.
    private static final int FIELDS = 512;
    /// Characters of the names and numbers of an event.
    private static final int EVENT = 160;
    private static final JsonFormat.Parser PARSER = JsonFormat.parser().ignoringUnknownFields();
    private static final JsonFormat.Printer PRINTER =
            JsonFormat.printer().preservingProtoFieldNames().omittingInsignificantWhitespace();

    private JsonMessages() {}

    /// Text that is no message of the kind wanted. The message says why, and the place where that is known.
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1;

        Malformed(String why) {
            super(why);
        }
    }

    /// Reads `json`, of which nothing at all stands for a message without fields.
    static Message read(Message prototype, byte[] json) throws Malformed {
        return json.length == 0 ? prototype : message(prototype, text(json));
    }

    private static Message message(Message prototype, String json) throws Malformed {
        Message.Builder builder = prototype.newBuilderForType();
        try {
            PARSER.merge(json, builder);
        } catch (InvalidProtocolBufferException wrong) {
            throw new Malformed(shortened(String.valueOf(wrong.getMessage())));
        }
        return builder.build();
    }

    private static String text(byte[] json) throws Malformed {
        int place = longNumber(json);
        if (place >= 0) {
            throw new Malformed("at byte " + place + " is a number of more than " + NUMBER_MAX + " characters");
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(json))
                    .toString();
        } catch (CharacterCodingException _) {
            throw new Malformed("the body is not UTF-8");
        }
    }

    /// Where a number begins that is too long, in quotation marks or not; -1 when none is. Within Base64 a run
    /// of digits is no number.
    private static int longNumber(byte[] json) {
        int begin = 0;
        for (int i = 0; i <= json.length; i++) {
            if (i < json.length && isOfNumber(json[i])) {
                continue;
            }
            boolean alone = (begin == 0 || !isOfText(json[begin - 1])) && (i == json.length || !isOfText(json[i]));
            if (i - begin > NUMBER_MAX && alone) {
                return begin;
            }
            begin = i + 1;
        }
        return -1;
    }

    private static boolean isOfNumber(byte c) {
        return c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.' || c == 'e' || c == 'E';
    }

    private static boolean isOfText(byte c) {
        return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '/' || c == '=' || c == '_';
    }

    /// What the reader says, without the name of its class and without what it quotes at length.
    private static String shortened(String said) {
        String text = said.replaceFirst("^[a-z][\\w.]*Exception: ", "");
        return text.length() > TEXT_MAX ? text.substring(0, TEXT_MAX) + "..." : text;
    }

    static byte[] write(Message message) {
        StringBuilder json = builder(message);
        append(json, message);
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    /// An object of one field, with a line end.
    static byte[] line(String name, Message message) {
        StringBuilder json = builder(message).append("{\"").append(name).append("\":");
        append(json, message);
        return json.append("}\n").toString().getBytes(StandardCharsets.UTF_8);
    }

    /// About as many bytes as `message` takes as JSON: bytes become a third longer, and names and numbers of
    /// events are more than small values.
    static long expected(Message message) {
        long size = message.getSerializedSize();
        long events = message instanceof WatchResponse watch ? watch.getEventsCount() : 0;
        return size + size / 3 + FIELDS + events * EVENT;
    }

    private static StringBuilder builder(Message message) {
        return new StringBuilder((int) Math.min(Integer.MAX_VALUE - 8, expected(message)));
    }

    private static void append(StringBuilder json, Message message) {
        try {
            PRINTER.appendTo(message, json);
        } catch (IOException impossible) { // only of messages within messages of any kind
            throw new IllegalArgumentException("no JSON for " + message.getDescriptorForType(), impossible);
        }
    }
}
