package io.metastore.api;

import com.google.protobuf.InvalidProtocolBufferException;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RequestOp;
import io.metastore.api.etcd.etcdserverpb.TxnRequest;
import io.metastore.machine.Command;
import java.util.ArrayList;
import java.util.List;

/// Encoded transactions as commands, for tests of other packages.
public final class RequestConversions {
    private static final int OPERATIONS_MAX = 128;

    private RequestConversions() {}

    /// Bytes that are no request, or one that is refused.
    public static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        private Refused(Exception cause) {
            super(cause);
        }
    }

    /// What a member makes of `encoded`, a TxnRequest: the whole, and its operations on their own as the calls
    /// Put and DeleteRange would make them.
    public static List<Command<?>> commands(byte[] encoded) throws Refused {
        try {
            TxnRequest request = TxnRequest.parseFrom(encoded);
            TxnRequests.cost(request);
            List<Command<?>> commands = new ArrayList<>();
            commands.add(TxnRequests.txn(request, OPERATIONS_MAX).txn());
            for (RequestOp operation : request.getSuccessList()) {
                switch (operation.getRequestCase()) {
                    case REQUEST_PUT -> commands.add(Requests.put(operation.getRequestPut()));
                    case REQUEST_DELETE_RANGE -> commands.add(Requests.delete(operation.getRequestDeleteRange()));
                    case REQUEST_RANGE -> stream(operation.getRequestRange());
                    case REQUEST_TXN, REQUEST_NOT_SET -> {}
                }
            }
            return commands;
        } catch (InvalidProtocolBufferException | RefusedRequest e) {
            throw new Refused(e);
        }
    }

    /// Not every range can be streamed.
    private static void stream(RangeRequest request) {
        try {
            Requests.rangeStream(request);
        } catch (RefusedRequest e) {
            Requests.range(request);
        }
    }
}
