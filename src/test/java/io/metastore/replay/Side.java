package io.metastore.replay;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantResponse;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseKeepAliveResponse;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.etcdserverpb.RangeStreamResponse;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Duplex;
import io.metastore.blackbox.Member;
import io.metastore.blackbox.Requests;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// One of the two servers as a history meets it: its connection, its open streams, the ids that it drew.
final class Side implements AutoCloseable {
    private final Member member;
    private Client client;
    private final long ownMember;
    private final List<Long> drawnLeases = new ArrayList<>();
    private final Normalisation normalisation;
    private final Map<Integer, WatchLog> watches = new TreeMap<>();
    private final Way way;
    private JsonCalls json;
    private Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse> keepAlive;

    /// How calls with one answer are made.
    enum Way {
        GRPC,
        JSON
    }

    Side(Member member, Way way) {
        this.member = member;
        this.way = way;
        this.client = member.client();
        this.ownMember = client.range(Requests.range(Requests.bytes("ready?")))
                .getHeader()
                .getMemberId();
        this.normalisation = new Normalisation(ownMember, drawnLeases);
    }

    /// A call under way.
    record Pending(Side side, Message request, ListenableFuture<Message> reply) {
        /// Waits for the answer, without what servers may answer differently.
        Answer answer() {
            try {
                Message message = reply.get(Client.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
                side.note(request, message);
                return Answer.of(side.normalisation.of(request, message));
            } catch (ExecutionException e) {
                return Answer.of(Status.fromThrowable(e.getCause()));
            } catch (TimeoutException e) {
                throw new AssertionError("no answer within " + Client.PATIENCE, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }
    }

    private void note(Message request, Message response) {
        if (request instanceof LeaseGrantRequest asked
                && asked.getID() == 0
                && response instanceof LeaseGrantResponse granted) {
            drawnLeases.add(granted.getID());
        }
    }

    Symbol.Meaning meaning(long latest, long compacted) {
        return new Symbol.Meaning(latest, compacted, drawnLeases, ownMember);
    }

    /// Sends a request and does not wait.
    ///
    /// @param request without symbols
    Pending send(Api api, Message request) {
        return new Pending(
                this,
                request,
                switch (way) {
                    case GRPC ->
                        ClientCalls.futureUnaryCall(
                                client.channel().newCall(api.method(), CallOptions.DEFAULT), request);
                    case JSON -> json().call(api.method(), request);
                });
    }

    private JsonCalls json() {
        if (json == null) {
            json = new JsonCalls(member.endpoint());
        }
        return json;
    }

    /// Runs a RangeStream to its end and puts its messages together.
    Answer stream(RangeRequest request) {
        Duplex<RangeRequest, RangeStreamResponse> call =
                Duplex.server(observer -> client.kvAsync().rangeStream(request, observer));
        RangeResponse.Builder merged = RangeResponse.newBuilder();
        Status end = call.drain(part -> merged.mergeFrom(part.getRangeResponse()));
        return end.isOk() ? Answer.of(normalisation.of(request, merged.build())) : Answer.of(end);
    }

    Answer keepAlive(LeaseKeepAliveRequest request) {
        if (keepAlive == null) {
            keepAlive = Duplex.open(client.leaseAsync()::leaseKeepAlive);
        }
        keepAlive.send(request);
        LeaseKeepAliveResponse answer = keepAlive.next();
        return Answer.of(normalisation.of(
                request,
                answer.toBuilder().setID(normalisation.lease(answer.getID())).build()));
    }

    /// The Watch call of a number, opened when it is not.
    WatchLog watch(int call) {
        return watches.computeIfAbsent(call, _ -> new WatchLog(client));
    }

    /// Watch calls that are open.
    Map<Integer, WatchLog> watches() {
        return watches;
    }

    void closeWatch(int call) {
        WatchLog open = watches.remove(call);
        if (open != null) {
            open.close();
        }
    }

    Message normal(Message request, Message response) {
        return normalisation.of(request, response);
    }

    /// Kills the server and starts it again.
    void restart() {
        close();
        member.kill();
        member.restart();
        client = member.client();
    }

    /// Ends the streams, and what calls by JSON go over; the connection of gRPC stays.
    @Override
    public void close() {
        if (json != null) {
            json.close();
            json = null;
        }
        watches.values().forEach(WatchLog::close);
        watches.clear();
        if (keepAlive != null) {
            keepAlive.close();
            keepAlive = null;
        }
    }
}
