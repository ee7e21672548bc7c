package io.metastore.api;

import com.google.protobuf.MessageLite;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.metastore.api.etcd.etcdserverpb.CompactionRequest;
import io.metastore.api.etcd.etcdserverpb.CompactionResponse;
import io.metastore.api.etcd.etcdserverpb.DeleteRangeRequest;
import io.metastore.api.etcd.etcdserverpb.DeleteRangeResponse;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.MutinyKVGrpc;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.PutResponse;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.etcdserverpb.RangeStreamResponse;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.api.etcd.etcdserverpb.TxnResponse;
import io.metastore.auth.AuthState;
import io.metastore.auth.Principal;
import io.metastore.machine.Command;
import io.metastore.machine.Outcome;
import io.metastore.machine.Result;
import io.metastore.machine.Rights;
import io.metastore.mvcc.RangeQuery;
import io.metastore.service.AccessControl;
import io.metastore.service.Guard;
import io.metastore.service.KvService;
import io.metastore.service.ResponseShare;
import io.metastore.service.login.Credentials;
import io.metastore.value.StoreError;
import io.smallrye.mutiny.Uni;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/// etcd's KV service.
public final class KvEndpoint extends MutinyKVGrpc.KVImplBase {
    private final KvService kv;
    private final Responses responses;
    private final RangeStreams streams;
    private final long maxRequestBytes;
    private final int maxTxnOps;
    private final BooleanSupplier learner;
    private final AccessControl access;

    /// @param learner whether this member has no vote, and so answers nothing but what it has itself
    public KvEndpoint(
            KvService kv,
            Headers headers,
            RangeStreams streams,
            long maxRequestBytes,
            int maxTxnOps,
            BooleanSupplier learner,
            AccessControl access) {
        this.kv = kv;
        this.responses = new Responses(headers);
        this.streams = streams;
        this.maxRequestBytes = maxRequestBytes;
        this.maxTxnOps = maxTxnOps;
        this.learner = learner;
        this.access = access;
    }

    /// RangeStream is written to the transport as it has room; the generated Mutiny stub would fetch 256
    /// responses ahead.
    @Override
    public ServerServiceDefinition bindService() {
        ServerServiceDefinition unary = super.bindService();
        ServerServiceDefinition.Builder builder = ServerServiceDefinition.builder(unary.getServiceDescriptor());
        unary.getMethods().stream()
                .filter(method -> !method.getMethodDescriptor()
                        .getFullMethodName()
                        .equals(KVGrpc.getRangeStreamMethod().getFullMethodName()))
                .forEach(builder::addMethod);
        return builder.addMethod(
                        KVGrpc.getRangeStreamMethod(),
                        ServerCalls.asyncServerStreamingCall(
                                (RangeRequest request, io.grpc.stub.StreamObserver<RangeStreamResponse> observer) ->
                                        streams.serve(
                                                request, (ServerCallStreamObserver<RangeStreamResponse>) observer)))
                .build();
    }

    @Override
    public Uni<RangeResponse> range(RangeRequest request) {
        return Answers.checked(() -> {
            if (!request.getSerializable() && learner.getAsBoolean()) {
                throw new RefusedRequest(StoreError.NOT_SUPPORTED_FOR_LEARNER);
            }
            RangeQuery query = Requests.range(request);
            ResponseShare share = CallShares.current();
            Credentials caller = Callers.current();
            Guard guard = access.guard(caller, (state, who) -> state.mayRead(who, query.range()));
            return Answers.of(
                    access.settled(caller, () -> kv.range(query, request.getSerializable(), share, guard)),
                    charged(share, responses::range));
        });
    }

    @Override
    public Uni<PutResponse> put(PutRequest request) {
        return withRoom(TxnRequests.cost(request), () -> {
            Command.Put put = Requests.put(request);
            Requests.checkSize(request.getSerializedSize(), maxRequestBytes);
            return Answers.of(
                    access.as(Callers.current(), who -> kv.write(AccessControl.of(who, put))), responses::put);
        });
    }

    @Override
    public Uni<DeleteRangeResponse> deleteRange(DeleteRangeRequest request) {
        return Answers.checked(() -> {
            Command.DeleteRange delete = Requests.delete(request);
            Requests.checkSize(request.getSerializedSize(), maxRequestBytes);
            ResponseShare share = CallShares.current();
            return Answers.of(
                    access.as(Callers.current(), who -> write(who, delete, share)), charged(share, responses::delete));
        });
    }

    @Override
    public Uni<TxnResponse> txn(TxnRequest request) {
        return withRoom(TxnRequests.cost(request), () -> {
            TxnRequests.Call call = TxnRequests.txn(request, maxTxnOps);
            ResponseShare share = CallShares.current();
            Credentials caller = Callers.current();
            if (call.readOnly()) {
                Guard guard = access.guard(caller, (state, who) -> Rights.refusal(state, who, call.txn()));
                return Answers.of(
                        access.settled(caller, () -> kv.read(call.txn(), call.serializable(), share, guard)),
                        charged(share, responses::txn));
            }
            Requests.checkSize(request.getSerializedSize(), maxRequestBytes);
            return Answers.of(access.as(caller, who -> write(who, call.txn(), share)), charged(share, responses::txn));
        });
    }

    @Override
    public Uni<CompactionResponse> compact(CompactionRequest request) {
        return Answers.of(
                access.administering(Callers.current(), () -> kv.compact(request.getRevision(), request.getPhysical())),
                responses::compact);
    }

    /// Proposes a write whose answer may be large. What the caller may not read is not even measured: a refusal for its
    /// size would tell how much there is.
    private <R extends Result> Uni<Outcome<R>> write(Principal who, Command<R> command, ResponseShare share) {
        Command<R> asked = AccessControl.of(who, command);
        AuthState now = access.state();
        return now.enabled() && Rights.refusal(now, who, command).isPresent()
                ? kv.write(asked)
                : kv.write(asked, share);
    }

    /// Charges a response before it goes to the transport. Its size is computed there anyway, once.
    private static <R, T extends MessageLite> Function<R, T> charged(ResponseShare share, Function<R, T> response) {
        return result -> {
            T message = response.apply(result);
            share.sending(message.getSerializedSize());
            return message;
        };
    }

    /// The quota is looked at before anything else about the request (KVP-10).
    private <T> Uni<T> withRoom(long cost, Supplier<Uni<T>> call) {
        if (kv.hasRoomFor(cost)) {
            return Answers.checked(call);
        }
        return Answers.noSpace(kv);
    }
}
