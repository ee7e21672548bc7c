package io.metastore.server;

import io.grpc.ForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/// Answers a request whose bytes do not parse with INTERNAL, as etcd does. Left to grpc-java it would be an
/// error of the program: its client hears UNKNOWN, and the log gets a stack trace of up to two hundred lines
/// for each, which anybody could fill the disk with.
final class ParsedRequests {
    private ParsedRequests() {}

    /// A request, or why there is none.
    private record Parsed<Q>(Q request, Status failure) {}

    /// `service` with all its methods so.
    static ServerServiceDefinition of(ServerServiceDefinition service) {
        List<ServerMethodDefinition<?, ?>> methods = new ArrayList<>();
        service.getMethods().forEach(method -> methods.add(checked(method)));
        ServiceDescriptor before = service.getServiceDescriptor();
        ServiceDescriptor.Builder described =
                ServiceDescriptor.newBuilder(before.getName()).setSchemaDescriptor(before.getSchemaDescriptor());
        methods.forEach(method -> described.addMethod(method.getMethodDescriptor()));
        ServerServiceDefinition.Builder all = ServerServiceDefinition.builder(described.build());
        methods.forEach(all::addMethod);
        return all.build();
    }

    private static <Q, A> ServerMethodDefinition<Parsed<Q>, A> checked(ServerMethodDefinition<Q, A> method) {
        MethodDescriptor<Q, A> before = method.getMethodDescriptor();
        MethodDescriptor<Parsed<Q>, A> descriptor = before.toBuilder(
                        new Parsing<>(marshaller(before)), before.getResponseMarshaller())
                .build();
        ServerCallHandler<Q, A> handler = method.getServerCallHandler();
        return ServerMethodDefinition.create(
                descriptor,
                (call, headers) -> new Listener<>(call, handler.startCall(new Call<>(before, call), headers)));
    }

    /// Transactions nest, so they have a parser of their own.
    @SuppressWarnings("unchecked")
    private static <Q> MethodDescriptor.Marshaller<Q> marshaller(MethodDescriptor<Q, ?> method) {
        return method.getFullMethodName().equals(KVGrpc.getTxnMethod().getFullMethodName())
                ? (MethodDescriptor.Marshaller<Q>) new TxnParsing()
                : method.getRequestMarshaller();
    }

    private record Parsing<Q>(MethodDescriptor.Marshaller<Q> requests)
            implements MethodDescriptor.Marshaller<Parsed<Q>> {
        @Override
        public InputStream stream(Parsed<Q> parsed) {
            return requests.stream(parsed.request());
        }

        @Override
        public Parsed<Q> parse(InputStream bytes) {
            try {
                return new Parsed<>(requests.parse(bytes), null);
            } catch (StatusRuntimeException e) {
                // Bytes that do not parse, or more of them, unpacked, than a message may have.
                return new Parsed<>(null, e.getStatus());
            }
        }
    }

    /// The call as the service sees it.
    private static final class Call<Q, A> extends ForwardingServerCall<Q, A> {
        private final MethodDescriptor<Q, A> descriptor;
        private final ServerCall<Parsed<Q>, A> call;

        private Call(MethodDescriptor<Q, A> descriptor, ServerCall<Parsed<Q>, A> call) {
            this.descriptor = descriptor;
            this.call = call;
        }

        /// Only requests differ, and a call does not hand them out.
        @Override
        @SuppressWarnings("unchecked")
        protected ServerCall<Q, A> delegate() {
            return (ServerCall<Q, A>) (ServerCall<?, A>) call;
        }

        @Override
        public MethodDescriptor<Q, A> getMethodDescriptor() {
            return descriptor;
        }
    }

    private static final class Listener<Q, A> extends ServerCall.Listener<Parsed<Q>> {
        private final ServerCall<Parsed<Q>, A> call;
        private final ServerCall.Listener<Q> service;
        private boolean broken;

        private Listener(ServerCall<Parsed<Q>, A> call, ServerCall.Listener<Q> service) {
            this.call = call;
            this.service = service;
        }

        @Override
        public void onMessage(Parsed<Q> parsed) {
            if (broken) {
                return;
            }
            if (parsed.failure() == null) {
                service.onMessage(parsed.request());
                return;
            }
            broken = true;
            call.close(parsed.failure(), new Metadata());
            // What the service has begun for this call ends as when the client takes it back.
            service.onCancel();
        }

        @Override
        public void onHalfClose() {
            if (!broken) {
                service.onHalfClose();
            }
        }

        @Override
        public void onReady() {
            if (!broken) {
                service.onReady();
            }
        }

        @Override
        public void onCancel() {
            if (!broken) {
                service.onCancel();
            }
        }

        @Override
        public void onComplete() {
            if (!broken) {
                service.onComplete();
            }
        }
    }
}
