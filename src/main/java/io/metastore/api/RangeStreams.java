package io.metastore.api;

import io.grpc.stub.ServerCallStreamObserver;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.etcdserverpb.RangeStreamResponse;
import io.metastore.machine.Outcome;
import io.metastore.machine.Result;
import io.metastore.mvcc.RangeQuery;
import io.metastore.mvcc.RangeResult;
import io.metastore.service.AccessControl;
import io.metastore.service.Guard;
import io.metastore.service.KvService;
import io.metastore.service.ResponseShare;
import io.metastore.service.login.Credentials;
import io.metastore.value.KeyRange;
import io.metastore.value.KeyValue;
import java.util.List;

/// Serves RangeStream: a range in portions, each read when the transport has room for it, all at the revision
/// of the first (RST-05, RST-09).
///
/// What is to be sorted by something else than the key is read as a whole first and then sent in portions: sorting
/// each portion, as etcd does, repeats and loses pairs (RST-04).
public final class RangeStreams {
    private static final long FIRST_KEYS = 10;
    /// A portion is cut short when gathering it takes this many times the size that portions ought to have.
    private static final long PORTION_MAX = 4;

    private final KvService kv;
    private final Headers headers;
    private final long portionBytes;
    private final AccessControl access;

    /// @param maxRequestBytes what portions are sized by (RST-11)
    public RangeStreams(KvService kv, Headers headers, long maxRequestBytes, AccessControl access) {
        this.kv = kv;
        this.headers = headers;
        this.portionBytes = maxRequestBytes;
        this.access = access;
    }

    void serve(RangeRequest request, ServerCallStreamObserver<RangeStreamResponse> observer) {
        try {
            Stream stream = new Stream(Requests.rangeStream(request), request.getSerializable(), observer);
            observer.setOnReadyHandler(stream::proceed);
            observer.setOnCancelHandler(() -> {});
            stream.proceed();
        } catch (RefusedRequest refused) {
            observer.onError(GrpcErrors.grpc(refused));
        }
    }

    private final class Stream {
        private final RangeQuery asked;
        private final boolean serializable;
        private final ServerCallStreamObserver<RangeStreamResponse> observer;
        private final ResponseShare share = CallShares.current();
        private final Credentials caller = Callers.current();
        private final Guard guard;
        private RangeQuery next;
        private long keys = FIRST_KEYS;
        private long left;
        private final boolean sorted;
        private List<KeyValue> whole = List.of();
        private boolean wholeMore;
        private int sent;
        private boolean first = true;
        private boolean reading;
        private boolean ended;
        private long count;
        private long revision;

        private Stream(RangeQuery asked, boolean serializable, ServerCallStreamObserver<RangeStreamResponse> observer) {
            this.asked = asked;
            this.serializable = serializable;
            this.observer = observer;
            this.guard = access.guard(caller, (state, who) -> state.mayRead(who, asked.range()));
            this.left = asked.limit() > 0 ? asked.limit() : Long.MAX_VALUE;
            this.sorted = !asked.order().isNatural();
            this.next = sorted ? asked : asked.withRange(asked.range(), Math.min(keys, left), asked.revision());
            if (!sorted) {
                share.cutAt(PORTION_MAX * portionBytes);
            }
        }

        /// Reads the next portion unless one is being read or the transport is full.
        private synchronized void proceed() {
            if (reading || ended || !observer.isReady() || observer.isCancelled()) {
                return;
            }
            if (sorted && !first) {
                sendSorted();
                return;
            }
            reading = true;
            // The transport is ready: it holds next to nothing of the portions before.
            share.left();
            boolean local = serializable || !first;
            access.settled(caller, () -> kv.range(next, local, share, guard))
                    .subscribe()
                    .with(this::portion, this::failed);
        }

        private void portion(Outcome<Result.Range> outcome) {
            switch (outcome) {
                case Outcome.Refused<Result.Range>(var error) -> failed(new RefusedRequest(error));
                case Outcome.Done<Result.Range>(Result.Range result) -> {
                    if (sorted) {
                        keep(result.range());
                    } else {
                        send(result.range());
                    }
                    proceed();
                }
            }
        }

        private synchronized void failed(Throwable failure) {
            ended = true;
            if (!observer.isCancelled()) {
                observer.onError(GrpcErrors.grpc(failure));
            }
        }

        /// Takes the whole result, which stays in memory until the call ends.
        private synchronized void keep(RangeResult result) {
            reading = false;
            first = false;
            count = result.count();
            revision = result.revision();
            whole = result.keyValues();
            wholeMore = result.more();
            long size = 0;
            for (KeyValue kv : whole) {
                size += Responses.keyValue(kv).getSerializedSize();
            }
            share.sending(size);
        }

        private void sendSorted() {
            while (!ended && observer.isReady() && !observer.isCancelled()) {
                List<KeyValue> part = whole.subList(sent, (int) Math.min(whole.size(), sent + keys));
                sent += part.size();
                ended = sent == whole.size();
                RangeResponse built = response(part, ended, wholeMore);
                observer.onNext(
                        RangeStreamResponse.newBuilder().setRangeResponse(built).build());
                if (ended) {
                    observer.onCompleted();
                } else {
                    adapt(built.getSerializedSize());
                }
            }
        }

        /// A portion: pairs only, and in the last what is to be said of all.
        private RangeResponse response(List<KeyValue> found, boolean last, boolean more) {
            RangeResponse.Builder portion = RangeResponse.newBuilder();
            found.forEach(kv -> portion.addKvs(Responses.keyValue(kv)));
            if (last) {
                portion.setHeader(headers.of(revision)).setMore(more).setCount(count);
            }
            return portion.build();
        }

        private synchronized void send(RangeResult result) {
            reading = false;
            if (observer.isCancelled()) {
                ended = true;
                return;
            }
            if (first) {
                first = false;
                count = result.count();
                revision = result.revision();
            }
            List<KeyValue> found = result.keyValues();
            left -= found.size();
            boolean last = !result.more() || left == 0;
            RangeResponse built = response(found, last, result.more());
            share.sending(built.getSerializedSize());
            observer.onNext(
                    RangeStreamResponse.newBuilder().setRangeResponse(built).build());
            if (last) {
                ended = true;
                observer.onCompleted();
            } else {
                adapt(built.getSerializedSize());
                KeyRange rest = new KeyRange(
                        found.getLast().key().successor(), asked.range().end());
                long at = asked.revision() > 0 ? asked.revision() : revision;
                next = asked.withRange(rest, Math.min(keys, left), at);
            }
        }

        private void adapt(int bytes) {
            if (bytes < portionBytes / 2) {
                keys *= 2;
            } else if (bytes > portionBytes * 2) {
                keys = Math.max(1, keys / 2);
            }
        }
    }
}
