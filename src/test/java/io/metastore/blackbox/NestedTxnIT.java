package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.RequestOp;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.api.etcd.etcdserverpb.TxnResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Transactions in transactions: as many as the limit of operations allows, and no depth does harm. Requests are
/// put together as bytes, since a message of many levels needs as much of its builder's stack.
@BlackBox
class NestedTxnIT {
    private static final int SUCCESS = TxnRequest.SUCCESS_FIELD_NUMBER;
    private static final int FAILURE = TxnRequest.FAILURE_FIELD_NUMBER;

    /// Sends bytes, and reads answers of more levels than protobuf takes by itself.
    private static final class Bytes implements MethodDescriptor.Marshaller<ByteString> {
        @Override
        public InputStream stream(ByteString value) {
            return new ByteArrayInputStream(value.toByteArray());
        }

        @Override
        public ByteString parse(InputStream stream) {
            try {
                return ByteString.readFrom(stream);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// `levels` transactions in one another, each in the branch `branch`; the innermost puts `key`.
    private static ByteString nested(int levels, int branch, ByteString key) {
        ByteString message = TxnRequest.newBuilder()
                .addSuccess(Requests.op(Requests.put(key, "1")))
                .build()
                .toByteString();
        for (int level = 1; level < levels; level++) {
            message = field(branch, field(RequestOp.REQUEST_TXN_FIELD_NUMBER, message));
        }
        return message;
    }

    private static ByteString field(int number, ByteString value) {
        return UnknownFieldSet.newBuilder()
                .addField(
                        number,
                        UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(value)
                                .build())
                .build()
                .toByteString();
    }

    private static TxnResponse call(Client client, ByteString request) throws IOException {
        ByteString answer = ClientCalls.blockingUnaryCall(
                client.channel(),
                KVGrpc.getTxnMethod().toBuilder(new Bytes(), new Bytes()).build(),
                CallOptions.DEFAULT.withDeadlineAfter(Client.PATIENCE.toMillis(), TimeUnit.MILLISECONDS),
                request);
        CodedInputStream in = answer.newCodedInput();
        in.setRecursionLimit(1000);
        return TxnResponse.parseFrom(in);
    }

    @ParameterizedTest
    @CsvSource({"2,2", "50,2", "51,2", "100,2", "128,2"})
    @Statement("TXN-03")
    void takesTransactionsInTransactions(int levels, int branch, Client client, Keys keys) throws IOException {
        TxnResponse response = call(client, nested(levels, branch, keys.key("a")));

        for (int level = 1; level < levels; level++) {
            response = response.getResponses(0).getResponseTxn();
        }
        assertTrue(response.getResponses(0).hasResponsePut());
        assertEquals(1, client.get(keys.key("a")).orElseThrow().getVersion());
    }

    /// The branch that does not run is checked as deep.
    @Test
    @Statement("TXN-03")
    void looksIntoTheOtherBranch(Client client, Keys keys) throws IOException {
        assertTrue(call(client, nested(128, FAILURE, keys.key("a"))).getSucceeded());
        Refusal.TOO_MANY_OPS.of(() -> call(client, nested(129, FAILURE, keys.key("a"))));
        assertTrue(client.get(keys.key("a")).isEmpty());
    }

    @ParameterizedTest
    @ValueSource(ints = {129, 130, 131, 1000, 4999})
    @Statement("TXN-03")
    void refusesMoreLevelsThanOperations(int levels, Client client, Keys keys) {
        Refusal.TOO_MANY_OPS.of(() -> call(client, nested(levels, SUCCESS, keys.key("a"))));
        assertTrue(client.get(keys.key("a")).isEmpty());
    }

    @ParameterizedTest
    @ValueSource(ints = {5000, 5001, 10_000})
    @Statement("TXN-03")
    void doesNotParseWhatIsDeeperStill(int levels, Client client, Keys keys) {
        StatusRuntimeException refusal =
                assertThrows(StatusRuntimeException.class, () -> call(client, nested(levels, SUCCESS, keys.key("a"))));
        assertEquals(Code.INTERNAL, refusal.getStatus().getCode());
        assertTrue(client.get(keys.key("a")).isEmpty());
    }
}
