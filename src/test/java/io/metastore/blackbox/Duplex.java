package io.metastore.blackbox;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;

/// One open streaming call seen from a test: requests go in, answers are taken one by one with a deadline.
///
/// @param <Q> request type
/// @param <A> answer type
public final class Duplex<Q, A> implements ClientResponseObserver<Q, A>, AutoCloseable {

    private final BlockingQueue<A> answers = new LinkedBlockingQueue<>();
    private final CompletableFuture<Status> end = new CompletableFuture<>();
    private final boolean byHand;
    private ClientCallStreamObserver<Q> call;
    private StreamObserver<Q> requests;

    private Duplex(boolean byHand) {
        this.byHand = byHand;
    }

    /// Opens a call with requests and answers in streams: `Duplex.open(client.watch()::watch)`.
    public static <Q, A> Duplex<Q, A> open(Function<StreamObserver<A>, StreamObserver<Q>> method) {
        Duplex<Q, A> duplex = new Duplex<>(false);
        duplex.requests = method.apply(duplex);
        return duplex;
    }

    /// Opens a call with one request and answers in a stream.
    public static <Q, A> Duplex<Q, A> server(Consumer<StreamObserver<A>> method) {
        Duplex<Q, A> duplex = new Duplex<>(false);
        method.accept(duplex);
        return duplex;
    }

    /// Opens a call with one request whose answers come one by one as asked for by [#request]; the first is
    /// asked for.
    public static <Q, A> Duplex<Q, A> byHand(Consumer<StreamObserver<A>> method) {
        Duplex<Q, A> duplex = new Duplex<>(true);
        method.accept(duplex);
        return duplex;
    }

    /// Opens a call with requests and answers in streams whose answers come as asked for by [#request]; the
    /// first is asked for.
    public static <Q, A> Duplex<Q, A> openByHand(Function<StreamObserver<A>, StreamObserver<Q>> method) {
        Duplex<Q, A> duplex = new Duplex<>(true);
        duplex.requests = method.apply(duplex);
        return duplex;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<Q> stream) {
        call = stream;
        if (byHand) {
            stream.disableAutoRequestWithInitial(1);
        }
    }

    @Override
    public void onNext(A answer) {
        answers.add(answer);
    }

    @Override
    public void onError(Throwable problem) {
        end.complete(Status.fromThrowable(problem));
    }

    @Override
    public void onCompleted() {
        end.complete(Status.OK);
    }

    public void send(Q request) {
        requests.onNext(request);
    }

    /// Ends the stream of requests; answers may still come.
    public void halfClose() {
        requests.onCompleted();
    }

    /// Asks for one more answer of a call by hand.
    public void request() {
        call.request(1);
    }

    /// Asks for all further answers of a call by hand.
    public void requestAll() {
        call.request(Integer.MAX_VALUE);
    }

    /// Takes all answers to the end of the call and returns its status.
    public Status drain(Consumer<A> answer) {
        if (byHand) {
            call.request(Integer.MAX_VALUE);
        }
        Status status = awaitEnd();
        arrived().forEach(answer);
        return status;
    }

    /// The next answer; fails when none comes within [Client#PATIENCE] or the call has ended.
    public A next() {
        return next(Client.PATIENCE);
    }

    /// The next answer; fails when none comes in time or the call has ended.
    public A next(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        try {
            while (System.nanoTime() < deadline) {
                A answer = answers.poll(100, TimeUnit.MILLISECONDS);
                if (answer == null && end.isDone()) {
                    answer = answers.poll();
                    if (answer == null) {
                        throw new AssertionError("the call ended: " + end.join());
                    }
                }
                if (answer != null) {
                    return answer;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        throw new AssertionError("no answer within " + limit);
    }

    /// The next answer, or none when none comes in time; fails when the call has ended.
    public Optional<A> poll(Duration limit) {
        try {
            A answer = answers.poll(limit.toNanos(), TimeUnit.NANOSECONDS);
            if (answer == null && end.isDone() && answers.isEmpty()) {
                throw new AssertionError("the call ended: " + end.join());
            }
            return Optional.ofNullable(answer);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /// What has arrived and was not taken yet, without waiting.
    public List<A> arrived() {
        List<A> taken = new ArrayList<>();
        answers.drainTo(taken);
        return taken;
    }

    /// Waits for the end of the call and returns its status.
    public Status awaitEnd() {
        try {
            return end.get(Client.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("the call does not end", e);
        }
    }

    public boolean hasEnded() {
        return end.isDone();
    }

    /// Cancels the call.
    @Override
    public void close() {
        call.cancel("the test is done with it", null);
    }
}
