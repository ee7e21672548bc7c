package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.ErrorResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.GetFileRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.GetFileResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.InstallSnapshotRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.InstallSnapshotResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.ReadIndexRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.ReadIndexResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.RequestVoteResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.TimeoutNowRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.TimeoutNowResponse;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.metastore.consensus.peer.Lane;
import io.metastore.consensus.peer.PeerMessage;
import java.util.Map;
import java.util.TreeMap;

/// What raft nodes say to each other: the number by which each message travels, and its lane. Numbers are never
/// changed.
enum RaftMessage {
    ERROR(1, Lane.CONTROL, ErrorResponse.class, ErrorResponse.parser()),
    VOTE(2, Lane.CONTROL, RequestVoteRequest.class, RequestVoteRequest.parser()),
    VOTED(3, Lane.CONTROL, RequestVoteResponse.class, RequestVoteResponse.parser()),
    APPEND(4, Lane.APPEND, AppendEntriesRequest.class, AppendEntriesRequest.parser()),
    APPENDED(5, Lane.APPEND, AppendEntriesResponse.class, AppendEntriesResponse.parser()),
    INSTALL(6, Lane.BULK, InstallSnapshotRequest.class, InstallSnapshotRequest.parser()),
    INSTALLED(7, Lane.BULK, InstallSnapshotResponse.class, InstallSnapshotResponse.parser()),
    FILE(8, Lane.BULK, GetFileRequest.class, GetFileRequest.parser()),
    FILE_PART(9, Lane.BULK, GetFileResponse.class, GetFileResponse.parser()),
    TIMEOUT_NOW(10, Lane.CONTROL, TimeoutNowRequest.class, TimeoutNowRequest.parser()),
    TIMED_OUT(11, Lane.CONTROL, TimeoutNowResponse.class, TimeoutNowResponse.parser()),
    READ_INDEX(12, Lane.CONTROL, ReadIndexRequest.class, ReadIndexRequest.parser()),
    READ_INDEX_IS(13, Lane.CONTROL, ReadIndexResponse.class, ReadIndexResponse.parser());

    private static final Map<Integer, RaftMessage> BY_NUMBER = new TreeMap<>();
    private static final Map<String, RaftMessage> BY_NAME = new TreeMap<>();

    static {
        for (RaftMessage message : values()) {
            BY_NUMBER.put(message.number, message);
            BY_NAME.put(message.type.getName(), message);
        }
    }

    private final int number;
    private final Lane lane;
    private final Class<? extends Message> type;
    private final Parser<? extends Message> parser;

    RaftMessage(int number, Lane lane, Class<? extends Message> type, Parser<? extends Message> parser) {
        this.number = number;
        this.lane = lane;
        this.type = type;
        this.parser = parser;
    }

    /// @throws IllegalArgumentException for a message that members never send each other
    static RaftMessage of(Object message) {
        RaftMessage known = BY_NAME.get(message.getClass().getName());
        if (known == null) {
            throw new IllegalArgumentException(message.getClass().getName() + " is no message between members");
        }
        return known;
    }

    /// The name of the class by which JRaft knows who answers it.
    String typeName() {
        return type.getName();
    }

    /// Where a message travels: heartbeats must not wait behind entries.
    static Lane lane(Object message) {
        return message instanceof AppendEntriesRequest append && isHeartbeat(append) ? Lane.CONTROL : of(message).lane;
    }

    /// JRaft's own rule: what probes where a log ends has empty data, a heartbeat has none.
    static boolean isHeartbeat(AppendEntriesRequest append) {
        return append.getEntriesCount() == 0 && !append.hasData();
    }

    /// Copies `message`, whose buffers JRaft uses again.
    static PeerMessage encode(Object message) {
        return new PeerMessage(of(message).number, ((Message) message).toByteString());
    }

    /// @throws IllegalArgumentException when this version knows no such message, or it is not one
    static Message decode(PeerMessage message) {
        RaftMessage kind = BY_NUMBER.get(message.kind());
        if (kind == null) {
            throw new IllegalArgumentException("a raft message of unknown kind " + message.kind());
        }
        try {
            return kind.parser.parseFrom(message.body());
        } catch (InvalidProtocolBufferException malformed) {
            throw new IllegalArgumentException("a malformed message of kind " + kind, malformed);
        }
    }
}
