package io.metastore.server;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import io.metastore.api.GrpcErrors;
import io.metastore.api.etcd.etcdserverpb.RequestOp;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.machine.EntryCodec;
import io.metastore.value.StoreError;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;

/// Parses transactions that hold transactions, each in two levels of messages: an operation and its transaction.
///
/// etcd takes 128 transactions in one another, as many as a transaction may have operations by default. Deeper ones
/// it refuses for their number of operations, and from 10,000 levels on it does not parse them. Parsing
/// descends on the stack, so it stops here at [EntryCodec#REQUEST_LEVELS_MAX]; a look without descending then tells
/// which answer is due.
record TxnParsing(MethodDescriptor.Marshaller<TxnRequest> requests) implements MethodDescriptor.Marshaller<TxnRequest> {
    /// Levels of messages that etcd parses.
    private static final int PARSED_MAX = 10_000;

    private static final int SUCCESS = tag(TxnRequest.SUCCESS_FIELD_NUMBER);
    private static final int FAILURE = tag(TxnRequest.FAILURE_FIELD_NUMBER);
    private static final int TXN = tag(RequestOp.REQUEST_TXN_FIELD_NUMBER);

    TxnParsing() {
        this(ProtoUtils.marshallerWithRecursionLimit(TxnRequest.getDefaultInstance(), EntryCodec.REQUEST_LEVELS_MAX));
    }

    private static int tag(int field) {
        return field << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;
    }

    @Override
    public InputStream stream(TxnRequest request) {
        return requests.stream(request);
    }

    /// @throws StatusRuntimeException saying why there is no request
    @Override
    public TxnRequest parse(InputStream bytes) {
        // What came compressed cannot be read again.
        boolean again = bytes.markSupported();
        if (again) {
            bytes.mark(Integer.MAX_VALUE);
        }
        try {
            return requests.parse(bytes);
        } catch (StatusRuntimeException e) {
            if (again && isTooDeepOnly(bytes)) {
                throw GrpcErrors.status(StoreError.TOO_MANY_OPERATIONS).asRuntimeException();
            }
            throw e;
        }
    }

    private static boolean isTooDeepOnly(InputStream bytes) {
        try {
            bytes.reset();
            int levels = levels(CodedInputStream.newInstance(bytes));
            return levels > EntryCodec.REQUEST_LEVELS_MAX && levels <= PARSED_MAX;
        } catch (IOException | StatusRuntimeException _) {
            return false; // broken as well: the failure that is at hand says so
        }
    }

    /// Counts the levels of messages without descending on the stack.
    ///
    /// For `txn{success: op{txn{success: op{put}}}}` this is 5: `enclosing` then holds where each of the four
    /// messages around the put ends.
    static int levels(CodedInputStream in) throws IOException {
        Deque<Integer> enclosing = new ArrayDeque<>();
        int deepest = 1;
        while (true) {
            int tag = in.readTag();
            if (tag == 0) {
                if (enclosing.isEmpty()) {
                    return deepest;
                }
                in.popLimit(enclosing.pop());
                continue;
            }
            boolean operation = enclosing.size() % 2 == 1;
            if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                deepest = Math.max(deepest, enclosing.size() + 2);
            }
            if (operation ? tag == TXN : tag == SUCCESS || tag == FAILURE) {
                enclosing.push(in.pushLimit(in.readRawVarint32()));
            } else {
                in.skipField(tag);
            }
        }
    }
}
