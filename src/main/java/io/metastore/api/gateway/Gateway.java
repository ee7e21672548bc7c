package io.metastore.api.gateway;

import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.metastore.api.Callers;
import io.metastore.api.http.HttpRequest;
import io.metastore.api.http.HttpResponse;
import io.metastore.api.http.HttpRoutes;
import io.metastore.api.http.Upload;
import io.metastore.service.ResponseBudget;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/// Answers `/v3/...` as etcd's gateway does: a POST whose body is a request as JSON is the call that the path stands
/// for (GWY-02). Calls go to the same services as gRPC's, by the same interceptors, within this process: a message is
/// handed over as it is.
///
/// What answers with several messages has each in a line, as they come and as the client reads them (GWY-06).
public final class Gateway implements HttpRoutes.HttpRoute, AutoCloseable {
    private static final String PREFIX = "/v3/";
    private static final String FORMER_PREFIX = "/v3beta/";
    private static final String TABLE = "paths.tsv";
    /// Read when the native executable is built.
    private static final List<String> PATHS = paths();
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private final Server server;
    private final ManagedChannel channel;
    private final Map<String, Binding> byPath;
    private final long limitMillis;
    private final int requestBytes;
    private final ResponseBudget budget;

    /// A call that a path stands for.
    ///
    /// @param request  a request without fields
    /// @param takesMany whether several requests may stand in a body, one behind the other
    /// @param isStream  whether it answers with several messages
    private record Binding(
            MethodDescriptor<Message, Message> method, Message request, boolean takesMany, boolean isStream) {}

    /// @param interceptors the first one sees a call first
    /// @param limit        of a call, after which nobody waits for its answer
    /// @param requestBytes most bytes of a request of a stream
    /// @param budget       what large answers are charged to while they are JSON
    public Gateway(
            List<ServerServiceDefinition> services,
            List<? extends ServerInterceptor> interceptors,
            List<? extends ServerStreamTracer.Factory> tracers,
            Duration limit,
            int requestBytes,
            ResponseBudget budget) {
        String name = InProcessServerBuilder.generateName();
        InProcessServerBuilder builder =
                InProcessServerBuilder.forName(name).directExecutor().addServices(services);
        interceptors.reversed().forEach(builder::intercept);
        tracers.forEach(builder::addStreamTracerFactory);
        this.limitMillis = limit.toMillis();
        this.requestBytes = requestBytes;
        this.budget = budget;
        this.byPath = bindings(services);
        try {
            this.server = builder.build().start();
        } catch (IOException impossible) { // nothing is listened at
            throw new UncheckedIOException(impossible);
        }
        this.channel = InProcessChannelBuilder.forName(name).directExecutor().build();
    }

    /// Answers all paths of the gateway in `routes`.
    public void addTo(HttpRoutes routes) {
        routes.under(PREFIX, this).under(FORMER_PREFIX, this);
    }

    private static Map<String, Binding> bindings(List<ServerServiceDefinition> services) {
        Map<String, Binding> byName = new HashMap<>();
        for (ServerServiceDefinition service : services) {
            for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
                byName.put(method.getMethodDescriptor().getFullMethodName(), binding(method.getMethodDescriptor()));
            }
        }
        Map<String, Binding> byPath = new HashMap<>();
        for (String line : PATHS) {
            String[] columns = line.split("\t", -1);
            byPath.put(columns[0], Objects.requireNonNull(byName.get(columns[1]), columns[1]));
        }
        return Map.copyOf(byPath);
    }

    /// All methods of etcd's services take and give messages of protobuf.
    @SuppressWarnings("unchecked")
    private static Binding binding(MethodDescriptor<?, ?> method) {
        MethodDescriptor<Message, Message> typed = (MethodDescriptor<Message, Message>) method;
        Message request =
                ((MethodDescriptor.PrototypeMarshaller<Message>) typed.getRequestMarshaller()).getMessagePrototype();
        return new Binding(
                typed,
                request.getDefaultInstanceForType(),
                !typed.getType().clientSendsOneMessage(),
                !typed.getType().serverSendsOneMessage());
    }

    private static List<String> paths() {
        try (InputStream table = Objects.requireNonNull(Gateway.class.getResourceAsStream(TABLE), TABLE)) {
            return new String(table.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toList();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private Binding binding(String path) {
        return byPath.get(path.startsWith(FORMER_PREFIX) ? PREFIX + path.substring(FORMER_PREFIX.length()) : path);
    }

    @Override
    public boolean streams(String path) {
        Binding binding = binding(path);
        return binding != null && binding.takesMany();
    }

    @Override
    public boolean webSockets() {
        return true;
    }

    @Override
    public CompletionStage<HttpResponse> answer(HttpRequest request) {
        Binding binding = binding(request.path());
        if (binding == null) {
            return refused(Status.NOT_FOUND.withDescription("Not Found"));
        }
        if (!request.method().equals("POST")) {
            return refused(Status.UNIMPLEMENTED.withDescription("Method Not Allowed"));
        }
        Metadata headers = new Metadata();
        if (request.sender().authorization() != null) {
            headers.put(AUTHORIZATION, request.sender().authorization());
        }
        headers.put(Callers.FORWARDED_FOR, request.sender().address());
        if (request.upload() != null) {
            return converse(binding, headers, request.upload());
        }
        try {
            return call(binding, headers, JsonMessages.read(binding.request(), request.body()));
        } catch (JsonMessages.Malformed malformed) {
            return refused(Status.INVALID_ARGUMENT.withDescription(malformed.getMessage()));
        }
    }

    private static CompletionStage<HttpResponse> refused(Status status) {
        return CompletableFuture.completedFuture(GatewayErrors.answer(status, false));
    }

    private CompletionStage<HttpResponse> call(Binding binding, Metadata headers, Message request) {
        CompletableFuture<HttpResponse> answered = new CompletableFuture<>();
        ClientCall<Message, Message> call = open(binding, headers, answered, () -> {});
        call.sendMessage(request);
        call.halfClose();
        return answered;
    }

    /// Calls with requests that come while the answers go.
    private CompletionStage<HttpResponse> converse(Binding binding, Metadata headers, Upload upload) {
        CompletableFuture<HttpResponse> answered = new CompletableFuture<>();
        ClientCall<Message, Message> call = open(binding, headers, answered, upload::readOn);
        upload.start(new Requests(call, binding.takesMany(), new JsonSequence(binding.request(), requestBytes)));
        return answered;
    }

    /// Begins a call that completes `answered`, with the first message when there are several.
    ///
    /// @param ready run when the service asks for requests after it had enough
    private ClientCall<Message, Message> open(
            Binding binding, Metadata headers, CompletableFuture<HttpResponse> answered, Runnable ready) {
        CallOptions options = binding.isStream()
                ? CallOptions.DEFAULT
                : CallOptions.DEFAULT.withDeadlineAfter(limitMillis, TimeUnit.MILLISECONDS);
        ClientCall<Message, Message> call = channel.newCall(binding.method(), options);
        ClientCall.Listener<Message> answers = binding.isStream()
                ? new MessagesAsLines(call, answered, binding.takesMany(), budget)
                : new OneMessage(answered, budget);
        call.start(
                new SimpleForwardingClientCallListener<>(answers) {
                    @Override
                    public void onReady() {
                        ready.run();
                    }
                },
                headers);
        call.request(binding.isStream() ? 1 : 2);
        if (binding.isStream()) {
            // Nobody waits any more for the first message.
            answered.whenComplete((_, late) -> {
                if (late != null) {
                    call.cancel("nobody waits for it", late);
                }
            });
        }
        return call;
    }

    /// Takes the requests of a call from a body as they come.
    private static final class Requests implements Upload.Reader {
        private final ClientCall<Message, Message> call;
        private final boolean many;
        private final JsonSequence sequence;
        private boolean sent;

        private Requests(ClientCall<Message, Message> call, boolean many, JsonSequence sequence) {
            this.call = call;
            this.many = many;
            this.sequence = sequence;
        }

        @Override
        public boolean part(byte[] part) {
            if (sent) {
                return true;
            }
            try {
                for (Message request : sequence.read(part)) {
                    call.sendMessage(request);
                    if (!many) {
                        close();
                        return true;
                    }
                }
            } catch (JsonMessages.Malformed malformed) {
                cancel(malformed);
                return true;
            }
            return call.isReady();
        }

        @Override
        public void end() {
            if (!sent) {
                try {
                    sequence.end();
                    close();
                } catch (JsonMessages.Malformed malformed) {
                    cancel(malformed);
                }
            }
        }

        private void close() {
            sent = true;
            sequence.close();
            call.halfClose();
        }

        private void cancel(JsonMessages.Malformed malformed) {
            sent = true;
            sequence.close();
            call.cancel(malformed.getMessage(), malformed);
        }

        @Override
        public void cut() {
            sequence.close();
            call.cancel("the client is gone", null);
        }
    }

    /// Ends the calls that are under way.
    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
    }
}
