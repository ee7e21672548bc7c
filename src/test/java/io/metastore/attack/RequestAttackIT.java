package io.metastore.attack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.metastore.api.etcd.etcdserverpb.Compare;
import io.metastore.api.etcd.etcdserverpb.DeleteRangeRequest;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.RequestOp;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.blackbox.Client;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Requests that are deep, wide or large.
class RequestAttackIT {
    private static final int TXN_SUCCESS = 2;
    private static final int OP_TXN = 4;

    private static Attacked attacked;

    @BeforeAll
    static void start() {
        attacked = new Attacked();
    }

    @AfterAll
    static void stop() {
        attacked.close();
    }

    /// Sends bytes as a message of a call.
    private static byte[] call(Client client, MethodDescriptor<?, ?> method, byte[] message) {
        MethodDescriptor<byte[], byte[]> raw = MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(method.getFullMethodName())
                .setRequestMarshaller(new Bytes())
                .setResponseMarshaller(new Bytes())
                .build();
        return ClientCalls.blockingUnaryCall(
                client.channel(), raw, CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS), message);
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// `depth` transactions within each other, written without building them.
    private static byte[] nested(int depth) {
        byte[] inner = {};
        for (int i = 0; i < depth; i++) {
            inner = field(TXN_SUCCESS, field(OP_TXN, inner));
        }
        return inner;
    }

    private static byte[] field(int number, byte[] content) {
        byte[] field = new byte[CodedOutputStream.computeByteArraySize(number, content)];
        CodedOutputStream out = CodedOutputStream.newInstance(field);
        try {
            out.writeByteArray(number, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return field;
    }

    /// Depths up to the limit of operations are served, and what was served is read again after a restart;
    /// greater ones are refused without exhausting anybody's stack.
    @Test
    void deep() throws Exception {
        attacked.attack("transactions nested up to 10,000 deep", () -> {
            try (Client client = attacked.member().connect()) {
                for (int depth : new int[] {1, 10, 49, 51, 100}) {
                    call(client, KVGrpc.getTxnMethod(), nested(depth));
                }
                for (int depth : new int[] {200, 1_000, 10_000}) {
                    StatusRuntimeException refused = assertThrows(
                            StatusRuntimeException.class,
                            () -> call(client, KVGrpc.getTxnMethod(), nested(depth)),
                            "depth " + depth);
                    assertTrue(refused.getStatus().getCode() != Status.Code.DEADLINE_EXCEEDED, refused::toString);
                }
            }
        });
        attacked.member().kill();
        attacked.member().restart();
        attacked.serves();
    }

    private static RequestOp put(int i) {
        return RequestOp.newBuilder()
                .setRequestPut(PutRequest.newBuilder().setKey(key(2 * i)))
                .build();
    }

    private static RequestOp delete(int i) {
        return RequestOp.newBuilder()
                .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(key(2 * i + 1)))
                .build();
    }

    private static ByteString key(int i) {
        return ByteString.copyFromUtf8("w" + i);
    }

    private static RequestOp txn(TxnRequest.Builder txn) {
        return RequestOp.newBuilder().setRequestTxn(txn).build();
    }

    /// Three levels of 42 operations are 74,088, half of them puts, half deletes of other keys: every put is
    /// held against every delete. Others are served meanwhile.
    @Test
    void wide() throws Exception {
        int[] next = {0};
        TxnRequest.Builder outer = TxnRequest.newBuilder();
        for (int i = 0; i < 42; i++) {
            TxnRequest.Builder middle = TxnRequest.newBuilder();
            for (int j = 0; j < 42; j++) {
                TxnRequest.Builder inner = TxnRequest.newBuilder();
                for (int k = 0; k < 42; k++) {
                    inner.addSuccess(k % 2 == 0 ? put(next[0]++) : delete(next[0]++));
                }
                middle.addSuccess(txn(inner));
            }
            outer.addSuccess(txn(middle));
        }
        TxnRequest request = outer.build();
        attacked.attack("a transaction of 74,088 operations", () -> {
            try (Client client = attacked.member().connect();
                    Client other = attacked.member().connect()) {
                long started = System.nanoTime();
                CompletableFuture<Boolean> done = CompletableFuture.supplyAsync(() -> answered(client, request));
                int puts = 0;
                while (!done.isDone()) {
                    other.put(ByteString.copyFromUtf8("meanwhile"), "put " + puts++);
                }
                done.get(30, TimeUnit.SECONDS);
                System.out.printf(
                        "  %d KiB, answered after %d ms, %d puts of another meanwhile%n",
                        request.getSerializedSize() >> 10,
                        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started),
                        puts);
            }
        });
    }

    /// Whether it was done or refused: either will do, as long as it is not a matter of minutes.
    private static boolean answered(Client client, TxnRequest request) {
        try {
            return client.kv().txn(request).getSucceeded();
        } catch (StatusRuntimeException e) {
            assertTrue(e.getStatus().getCode() != Status.Code.DEADLINE_EXCEEDED, e::toString);
            return false;
        }
    }

    @Test
    void manyFields() throws Exception {
        TxnRequest.Builder compares = TxnRequest.newBuilder();
        for (int i = 0; i < 100_000; i++) {
            compares.addCompare(Compare.newBuilder().setKey(key(i)));
        }
        ByteArrayOutputStream unknown = new ByteArrayOutputStream();
        for (int i = 0; i < 300_000; i++) {
            unknown.writeBytes(new byte[] {(byte) 0xf8, 0x3f, 1});
        }
        attacked.attack("100,000 compares, 300,000 unknown fields, messages beyond the limit", () -> {
            try (Client client = attacked.member().connect()) {
                for (int i = 0; i < 10; i++) {
                    refused(client, compares.build().toByteArray());
                    call(client, KVGrpc.getTxnMethod(), unknown.toByteArray());
                    refused(client, new byte[8 << 20]);
                }
            }
        });
    }

    private static void refused(Client client, byte[] message) {
        StatusRuntimeException refused =
                assertThrows(StatusRuntimeException.class, () -> call(client, KVGrpc.getTxnMethod(), message));
        assertTrue(refused.getStatus().getCode() != Status.Code.DEADLINE_EXCEEDED, refused::toString);
    }

    /// A gigabyte of zeros in a megabyte: unpacked no further than a message may be large.
    @Test
    void packed() throws Exception {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 1024; i++) {
                gzip.write(zeros);
            }
        }
        byte[] message = Wire.message(packed.toByteArray());
        message[0] = 1;
        byte[] headers = Wire.fields(
                ":method",
                "POST",
                ":scheme",
                "http",
                ":path",
                "/etcdserverpb.KV/Put",
                ":authority",
                "m",
                "content-type",
                "application/grpc",
                "te",
                "trailers",
                "grpc-encoding",
                "gzip");
        attacked.attack("a gigabyte packed into a megabyte, 20 times", () -> {
            long before = attacked.resident();
            for (int i = 0; i < 20; i++) {
                try (Wire wire = new Wire(attacked.endpoint()).greet()) {
                    wire.send(Wire.frame(Wire.HEADERS, Wire.END_HEADERS, 1, headers));
                    for (int at = 0; at < message.length; at += 16_384) {
                        byte[] piece = java.util.Arrays.copyOfRange(message, at, Math.min(message.length, at + 16_384));
                        wire.trySend(Wire.frame(Wire.DATA, 0, 1, piece));
                        wire.drain();
                    }
                    wire.awaitClosed(200);
                }
            }
            long grown = attacked.resident() - before;
            assertTrue(grown < 512L << 20, "resident memory grew by " + grown);
            assertEquals(true, attacked.member().isAlive());
        });
    }
}
