package io.metastore.api.gateway;

import com.google.protobuf.Message;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.metastore.api.http.HttpResponse;
import io.metastore.api.http.HttpStream;
import io.metastore.service.ResponseBudget;
import io.metastore.service.ResponseShare;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/// Answers with the one message of a call. A large one is charged to the budget of responses until the transport has
/// taken it: the call itself is over by then, and with it what it was charged.
///
/// It may overdraw the budget, by a third of what the calls had that are answered at the moment: JSON is that much
/// longer
/// than what it stands for. Reads that come later wait.
final class OneMessage extends ClientCall.Listener<Message> {
    private final CompletableFuture<HttpResponse> answered;
    private final ResponseBudget budget;
    private Message message;

    /// @param answered completed at the end of the call
    OneMessage(CompletableFuture<HttpResponse> answered, ResponseBudget budget) {
        this.answered = answered;
        this.budget = budget;
    }

    @Override
    public void onMessage(Message message) {
        this.message = message;
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        if (!status.isOk()) {
            answered.complete(GatewayErrors.answer(GatewayErrors.reason(status), false));
            return;
        }
        byte[] json = JsonMessages.write(message);
        if (json.length <= ResponseBudget.FREE) {
            answered.complete(HttpResponse.json(200, json));
            return;
        }
        Charged body = new Charged(json, budget.share(() -> {}));
        Map<String, String> headers =
                Map.of("content-type", HttpResponse.JSON, "content-length", Integer.toString(json.length));
        if (!answered.complete(HttpResponse.streamed(200, headers, body))) {
            body.cancelled();
        }
    }

    /// A body in one part. The transport cuts a client that does not read it.
    private record Charged(byte[] json, ResponseShare share) implements HttpStream {
        private Charged {
            share.sending(json.length);
        }

        @Override
        public void start(Out out) {
            out.write(json, () -> {
                share.end();
                out.end();
            });
        }

        @Override
        public void cancelled() {
            share.end();
        }
    }
}
