package io.metastore.bench;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseGrpc;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseRevokeRequest;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// A lease's life: each client grants one, keeps it alive a number of times on a stream of its own, revokes
/// it, and begins again. The three are measured apart.
final class LeaseLoad implements Workload {
    private static final int GRANT_KIND = 0;
    private static final int KEEP_ALIVE_KIND = 1;
    private static final int REVOKE_KIND = 2;

    private final long ttlSeconds;
    private final int keepAlives;
    private final Map<Integer, Long> held = new ConcurrentHashMap<>();

    /// @param ttlSeconds  what is asked for at the grant
    /// @param keepAlives  keep-alives per lease, 0 or more
    LeaseLoad(long ttlSeconds, int keepAlives) {
        this.ttlSeconds = ttlSeconds;
        this.keepAlives = keepAlives;
    }

    @Override
    public List<String> kinds() {
        return List.of("grant", "keep-alive", "revoke");
    }

    @Override
    public VirtualClient client(int number, Lane lane, Channel channel) {
        return new Holder(number, lane, channel);
    }

    private final class Holder extends VirtualClient {
        private final int number;
        private int kept;
        private ClientCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse> stream;

        Holder(int number, Lane lane, Channel channel) {
            super(lane, channel);
            this.number = number;
        }

        @Override
        void send(long call) {
            Long lease = held.get(number);
            if (lease == null) {
                kind(GRANT_KIND);
                kept = 0;
                unary(
                        LeaseGrpc.getLeaseGrantMethod(),
                        LeaseGrantRequest.newBuilder().setTTL(ttlSeconds).build(),
                        reply -> held.put(number, reply.getID()));
            } else if (kept < keepAlives) {
                kind(KEEP_ALIVE_KIND);
                kept++;
                keepAlive(lease);
            } else {
                kind(REVOKE_KIND);
                held.remove(number);
                unary(
                        LeaseGrpc.getLeaseRevokeMethod(),
                        LeaseRevokeRequest.newBuilder().setID(lease).build(),
                        reply -> {});
            }
        }

        private void keepAlive(long lease) {
            if (stream == null) {
                stream = channel().newCall(LeaseGrpc.getLeaseKeepAliveMethod(), CallOptions.DEFAULT);
                stream.start(new Replies(stream), new Metadata());
                stream.request(1);
            }
            stream.sendMessage(LeaseKeepAliveRequest.newBuilder().setID(lease).build());
        }

        private final class Replies extends ClientCall.Listener<LeaseKeepAliveResponse> {
            private final ClientCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse> open;

            Replies(ClientCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse> open) {
                this.open = open;
            }

            @Override
            public void onMessage(LeaseKeepAliveResponse reply) {
                if (kept >= keepAlives) {
                    open.halfClose();
                    stream = null;
                } else {
                    open.request(1);
                }
                finished(reply.getTTL() > 0 ? Status.OK : Status.NOT_FOUND.withDescription("the lease is gone"));
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
                if (open.equals(stream)) {
                    stream = null;
                    held.remove(number);
                    finished(
                            status.isOk()
                                    ? Status.UNAVAILABLE.withDescription("the server ended the keep-alive stream")
                                    : status);
                }
            }
        }
    }
}
