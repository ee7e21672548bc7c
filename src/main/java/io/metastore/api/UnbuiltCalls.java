package io.metastore.api;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.metastore.api.etcd.etcdserverpb.MaintenanceGrpc;
import java.util.LinkedHashMap;
import java.util.Map;

/// Calls of etcd's contract that are not there yet. They are registered all the same, counted as any other, and
/// answered with UNIMPLEMENTED and a text that says what is missing and what there is instead.
public final class UnbuiltCalls {
    private static final Map<String, String> MISSING = missing();

    private UnbuiltCalls() {}

    private static Map<String, String> missing() {
        Map<String, String> texts = new LinkedHashMap<>();
        add(
                texts,
                MaintenanceGrpc.SERVICE_NAME,
                "to back the data up, stop the member and copy its data directory",
                "Snapshot");
        return Map.copyOf(texts);
    }

    private static void add(Map<String, String> texts, String service, String instead, String... names) {
        for (String name : names) {
            texts.put(service + "/" + name, "metastore: " + name + " is not built yet: " + instead);
        }
    }

    /// `service`, in which each call that is not there yet says so.
    public static ServerServiceDefinition answeredIn(ServerServiceDefinition service) {
        ServerServiceDefinition.Builder all = ServerServiceDefinition.builder(service.getServiceDescriptor());
        service.getMethods().forEach(method -> all.addMethod(answered(method)));
        return all.build();
    }

    private static <Q, A> ServerMethodDefinition<Q, A> answered(ServerMethodDefinition<Q, A> method) {
        String text = MISSING.get(method.getMethodDescriptor().getFullMethodName());
        return text == null ? method : method.withServerCallHandler(new Refusal<>(text));
    }

    private record Refusal<Q, A>(String text) implements ServerCallHandler<Q, A> {
        @Override
        public ServerCall.Listener<Q> startCall(ServerCall<Q, A> call, Metadata headers) {
            call.close(Status.UNIMPLEMENTED.withDescription(text), new Metadata());
            return new ServerCall.Listener<>() {};
        }
    }
}
