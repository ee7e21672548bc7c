package io.metastore.api.gateway;

import com.google.protobuf.Message;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.metastore.api.http.HttpResponse;
import io.metastore.api.http.HttpStream;
import io.metastore.service.ResponseBudget;
import io.metastore.service.ResponseShare;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

/// Answers with the messages of a call, a line each (GWY-06). The next message is asked for when the transport
/// has taken the line before: a client that does not read holds up its own call and nothing else.
///
/// A large line is charged to the budget of responses while it is on its way. That of a watch is made only once
/// there is room: what a thousand watchers that do not read wait for is in memory once, as the event that they
/// share. Ranges, whose messages are charged before, are not to wait a second time.
final class MessagesAsLines extends ClientCall.Listener<Message> implements HttpStream {
    private final ClientCall<Message, Message> call;
    private final CompletableFuture<HttpResponse> answered;
    private final boolean waits;
    private final ResponseShare share;

    // Guarded by this.
    private byte[] first;
    private Out out;
    /// A message has come whose line the transport has not taken yet.
    private boolean busy;
    private Status end;

    /// @param answered completed with the first message, or with the end when there is none
    /// @param waits    whether large lines wait for room in `budget`
    MessagesAsLines(
            ClientCall<Message, Message> call,
            CompletableFuture<HttpResponse> answered,
            boolean waits,
            ResponseBudget budget) {
        this.call = call;
        this.answered = answered;
        this.waits = waits;
        this.share = budget.share(() -> call.cancel("the client did not take its line in time", null));
    }

    @Override
    public void onMessage(Message message) {
        synchronized (this) {
            busy = true;
        }
        long asJson = JsonMessages.expected(message);
        if (waits && asJson > ResponseBudget.FREE) {
            share.whenRoom(asJson, () -> send(message));
        } else {
            send(message);
        }
    }

    private void send(Message message) {
        byte[] line = JsonMessages.line("result", message);
        share.sending(line.length);
        Out open;
        synchronized (this) {
            open = out;
            if (open == null) {
                first = line;
            }
        }
        if (open != null) {
            write(open, line);
        } else if (!answered.complete(HttpResponse.streamed(200, Map.of("content-type", HttpResponse.JSON), this))) {
            cancelled();
        }
    }

    private void write(Out open, byte[] line) {
        try {
            open.write(line, this::taken);
        } catch (RejectedExecutionException stopping) { // the event loops are gone, and the connection with them
            cancelled();
        }
    }

    @Override
    public void start(Out opened) {
        byte[] line;
        synchronized (this) {
            out = opened;
            line = first;
            first = null;
        }
        opened.write(line, this::taken);
    }

    /// The transport has taken a line. An end that came meanwhile comes behind it.
    private void taken() {
        share.left();
        Out open;
        Status ended;
        synchronized (this) {
            busy = false;
            open = out;
            ended = end;
        }
        if (ended != null) {
            end(open, ended);
        } else {
            call.request(1);
        }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        Status why = GatewayErrors.reason(status);
        Out open;
        synchronized (this) {
            end = why;
            if (busy) {
                return;
            }
            open = out;
        }
        if (open != null) {
            end(open, why);
        } else {
            answered.complete(why.isOk() ? HttpResponse.json(200, new byte[0]) : GatewayErrors.answer(why, true));
        }
    }

    private static void end(Out open, Status status) {
        if (!status.isOk()) {
            open.write((GatewayErrors.text(status, true) + "\n").getBytes(StandardCharsets.UTF_8), () -> {});
        }
        open.end();
    }

    @Override
    public void cancelled() {
        share.end();
        call.cancel("the client is gone", null);
    }
}
