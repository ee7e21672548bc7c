package io.metastore.api.audit;

import com.google.gson.JsonObject;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.metastore.api.Callers;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.LeaseGrpc;
import io.metastore.api.etcd.etcdserverpb.ResponseHeader;
import io.metastore.api.etcd.etcdserverpb.WatchGrpc;
import io.metastore.service.AccessControl;
import io.metastore.service.login.Credentials;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.function.Consumer;

/// Tells the audit log of calls, each when it has ended. A stream says what was asked for on it as it is asked, and its
/// end.
///
/// Must see a call after [Callers], which knows what the caller shows. The threads of calls tell; the log must not keep
/// them.
public final class AuditedCalls implements ServerInterceptor {
    /// What reads, and what keeps leases: left out unless all calls are wanted.
    private static final Set<String> READS = Set.of(
            KVGrpc.getRangeMethod().getFullMethodName(),
            KVGrpc.getRangeStreamMethod().getFullMethodName(),
            WatchGrpc.getWatchMethod().getFullMethodName(),
            LeaseGrpc.getLeaseKeepAliveMethod().getFullMethodName(),
            LeaseGrpc.getLeaseTimeToLiveMethod().getFullMethodName(),
            LeaseGrpc.getLeaseLeasesMethod().getFullMethodName());

    private final AccessControl access;
    private final boolean reads;
    private final Consumer<AuditedCall> log;
    private final InstantSource clock;

    /// @param reads whether calls that only read are wanted; one that is refused always is
    public AuditedCalls(AccessControl access, boolean reads, Consumer<AuditedCall> log, InstantSource clock) {
        this.access = access;
        this.reads = reads;
        this.log = log;
        this.clock = clock;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        Audited<Q, A> audited = new Audited<>(call, headers);
        return audited.listening(next.startCall(audited, headers));
    }

    private final class Audited<Q, A> extends SimpleForwardingServerCall<Q, A> {
        private final Credentials shown = Callers.current();
        private final Instant began = clock.instant();
        private final String client;
        private final boolean wanted;
        private final boolean stream;
        private Message request;
        private String user;
        private long revision;
        private boolean ended;

        private Audited(ServerCall<Q, A> call, Metadata headers) {
            super(call);
            MethodDescriptor<Q, A> method = call.getMethodDescriptor();
            this.client = Callers.address(call, headers);
            this.wanted = reads || !READS.contains(method.getFullMethodName());
            this.stream = !method.getType().clientSendsOneMessage();
            this.user = access.name(shown);
        }

        private ServerCall.Listener<Q> listening(ServerCall.Listener<Q> service) {
            return new SimpleForwardingServerCallListener<>(service) {
                @Override
                public void onMessage(Q message) {
                    request = message instanceof Message readable ? readable : null;
                    if (stream && wanted) {
                        tell(fields(), 0, "BEGUN", "");
                    }
                    super.onMessage(message);
                }

                @Override
                public void onCancel() {
                    end(Status.CANCELLED);
                    super.onCancel();
                }
            };
        }

        @Override
        public void sendMessage(A message) {
            if (message instanceof Message answer) {
                FieldDescriptor header = answer.getDescriptorForType().findFieldByName("header");
                if (header != null && answer.getField(header) instanceof ResponseHeader told) {
                    revision = told.getRevision();
                }
            }
            super.sendMessage(message);
        }

        @Override
        public void close(Status status, Metadata trailers) {
            end(status);
            super.close(status, trailers);
        }

        private synchronized void end(Status status) {
            if (ended) {
                return;
            }
            ended = true;
            if (wanted || Refusals.isOne(status)) {
                String text = status.getDescription();
                tell(
                        stream ? new JsonObject() : fields(),
                        revision,
                        status.getCode().name(),
                        text == null ? "" : text);
            }
        }

        private JsonObject fields() {
            return request == null ? new JsonObject() : RequestFields.of(request);
        }

        /// A token of which this member had not heard when the call came is known once the call has waited for it.
        private void tell(JsonObject fields, long at, String outcome, String error) {
            if (user.isEmpty()) {
                user = access.name(shown);
            }
            log.accept(new AuditedCall(
                    began, getMethodDescriptor().getFullMethodName(), user, client, fields, at, outcome, error));
        }
    }
}
