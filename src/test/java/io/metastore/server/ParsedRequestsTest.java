package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ParsedRequestsTest {
    /// Sends its bytes whatever the request.
    private record Garbage(byte[] bytes) implements MethodDescriptor.Marshaller<RangeRequest> {
        @Override
        public InputStream stream(RangeRequest request) {
            return new ByteArrayInputStream(bytes);
        }

        @Override
        public RangeRequest parse(InputStream stream) {
            throw new UnsupportedOperationException("only sent");
        }
    }

    private static Status.Code status(ManagedChannel channel, byte[] message) {
        MethodDescriptor<RangeRequest, RangeResponse> method = KVGrpc.getRangeMethod();
        MethodDescriptor<RangeRequest, RangeResponse> garbage = method.toBuilder(
                        new Garbage(message), method.getResponseMarshaller())
                .build();
        return assertThrows(
                        StatusRuntimeException.class,
                        () -> ClientCalls.blockingUnaryCall(
                                channel, garbage, CallOptions.DEFAULT, RangeRequest.getDefaultInstance()))
                .getStatus()
                .getCode();
    }

    @Test
    void whatDoesNotParseIsAnsweredAsInternalAndTheConnectionGoesOn() throws Exception {
        try (ServedPort served = new ServedPort(Map.of())) {
            ManagedChannel channel = served.channel();
            for (byte[] message : new byte[][] {{0}, {10, 100, 1}, {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1}}) {
                assertEquals(Status.Code.INTERNAL, status(channel, message));
            }
            assertEquals(Status.Code.RESOURCE_EXHAUSTED, status(channel, new byte[16 << 20]));
            RangeResponse answer = KVGrpc.newBlockingStub(channel).range(RangeRequest.getDefaultInstance());
            assertEquals(0, answer.getCount());
            channel.shutdownNow();
        }
    }
}
