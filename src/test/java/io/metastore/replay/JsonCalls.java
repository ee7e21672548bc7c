package io.metastore.replay;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.SettableFuture;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/// Makes the calls of a server as JSON over HTTP, as programs without gRPC do.
final class JsonCalls implements AutoCloseable {
    private static final Map<String, String> PATHS = paths();
    private static final JsonFormat.Printer PRINTER = JsonFormat.printer().omittingInsignificantWhitespace();
    /// Knows all fields: one that a server adds is a difference.
    private static final JsonFormat.Parser PARSER = JsonFormat.parser();

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String endpoint;

    JsonCalls(String endpoint) {
        this.endpoint = endpoint;
    }

    /// The path of each call, by its service and name, from the contract.
    private static Map<String, String> paths() {
        Map<String, String> paths = new HashMap<>();
        try (InputStream table = JsonCalls.class.getResourceAsStream("/wire-contract.tsv")) {
            new String(table.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> line.split("\t", -1))
                    .filter(columns -> columns[0].equals("rpc") && !columns[10].isEmpty())
                    .forEach(columns -> paths.put(columns[1] + "." + columns[2] + "/" + columns[3], columns[10]));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return Map.copyOf(paths);
    }

    /// Sends a request and does not wait; a refusal has the code and the text of its body.
    ListenableFuture<Message> call(MethodDescriptor<Message, Message> method, Message request) {
        SettableFuture<Message> answer = SettableFuture.create();
        String path = Objects.requireNonNull(PATHS.get(method.getFullMethodName()), method.getFullMethodName());
        http.sendAsync(
                        HttpRequest.newBuilder(URI.create("http://" + endpoint + path))
                                .POST(HttpRequest.BodyPublishers.ofString(json(request)))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .whenComplete((response, failure) -> {
                    if (failure != null) {
                        answer.setException(failure);
                    } else {
                        answered(method, response, answer);
                    }
                });
        return answer;
    }

    private static void answered(
            MethodDescriptor<Message, Message> method, HttpResponse<String> response, SettableFuture<Message> answer) {
        if (response.statusCode() != 200) {
            JsonObject error = new JsonObject(response.body());
            answer.setException(Status.fromCodeValue(error.getInteger("code"))
                    .withDescription(error.getString("message"))
                    .asRuntimeException());
            return;
        }
        Message.Builder builder = ((MethodDescriptor.PrototypeMarshaller<Message>) method.getResponseMarshaller())
                .getMessagePrototype()
                .newBuilderForType();
        try {
            PARSER.merge(response.body(), builder);
            answer.set(builder.build());
        } catch (InvalidProtocolBufferException noMessage) {
            answer.setException(new AssertionError(noMessage.getMessage() + ": " + response.body(), noMessage));
        }
    }

    private static String json(Message request) {
        try {
            return PRINTER.print(request);
        } catch (InvalidProtocolBufferException impossible) { // only of messages within messages of any kind
            throw new IllegalArgumentException(impossible);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
