package io.metastore.load;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.blackbox.Client;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;

/// A Range whose answer is counted and thrown away instead of being kept: a hundred large ones at once would
/// take more memory here than in the member.
final class ListCall {
    /// @param pairs found in the answer
    /// @param count as the answer says
    record Counted(long pairs, long count) {}

    private static final MethodDescriptor<RangeRequest, Counted> METHOD = KVGrpc.getRangeMethod().toBuilder(
                    KVGrpc.getRangeMethod().getRequestMarshaller(), new Counting())
            .build();

    private final ClientCall<RangeRequest, Counted> call;
    private final CompletableFuture<Counted> answer = new CompletableFuture<>();

    private ListCall(Client client, RangeRequest request) {
        call = client.channel().newCall(METHOD, CallOptions.DEFAULT);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onMessage(Counted message) {
                        answer.complete(message);
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        answer.completeExceptionally(status.asRuntimeException());
                    }
                },
                new Metadata());
        call.sendMessage(request);
        call.halfClose();
    }

    /// A call whose client reads.
    static CompletableFuture<Counted> read(Client client, RangeRequest request) {
        ListCall started = new ListCall(client, request);
        started.call.request(2);
        return started.answer;
    }

    /// A call whose client never reads its answer.
    static ListCall neverRead(Client client, RangeRequest request) {
        return new ListCall(client, request);
    }

    void cancel() {
        call.cancel("the test is done with it", null);
    }

    private static final class Counting implements MethodDescriptor.Marshaller<Counted> {
        @Override
        public InputStream stream(Counted value) {
            throw new UnsupportedOperationException("answers are only read here");
        }

        @Override
        public Counted parse(InputStream stream) {
            long pairs = 0;
            long count = 0;
            try {
                CodedInputStream input = CodedInputStream.newInstance(stream);
                input.setSizeLimit(Integer.MAX_VALUE);
                for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
                    switch (WireFormat.getTagFieldNumber(tag)) {
                        case RangeResponse.KVS_FIELD_NUMBER -> {
                            pairs++;
                            input.skipField(tag);
                        }
                        case RangeResponse.COUNT_FIELD_NUMBER -> count = input.readInt64();
                        default -> input.skipField(tag);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return new Counted(pairs, count);
        }
    }
}
