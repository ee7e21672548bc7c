package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A call that may take its time, made on a thread of its own while the test goes on.
final class Late {
    /// etcd's time limit of a request: five seconds and two election timeouts of a second.
    static final Duration LIMIT = Duration.ofSeconds(7);

    /// How much later the end may come on a busy machine.
    private static final Duration SLACK = Duration.ofSeconds(8);

    /// How it ended.
    ///
    /// @param took from the call to its end
    record End(Status status, Duration took) {
        /// Fails unless the call was refused so when the time limit of requests was over.
        void refusedAtTheLimit(Refusal refusal) {
            assertTrue(refusal.is(status), this::toString);
            assertTrue(took.compareTo(LIMIT.minusMillis(200)) >= 0, this::toString);
            assertTrue(took.compareTo(LIMIT.plus(SLACK)) <= 0, this::toString);
        }
    }

    private final FutureTask<End> task;

    private Late(Runnable call) {
        task = new FutureTask<>(() -> {
            long asked = System.nanoTime();
            Status status = Status.OK;
            try {
                call.run();
            } catch (StatusRuntimeException refusal) {
                status = refusal.getStatus();
            }
            return new End(status, Duration.ofNanos(System.nanoTime() - asked));
        });
        Thread.ofVirtual().start(task);
    }

    static Late call(Runnable call) {
        return new Late(call);
    }

    /// Waits for the end; what was no refusal fails the test.
    End end() {
        try {
            return task.get(Client.PATIENCE.toMillis() + 5_000, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("the call does not end with a status", e);
        }
    }
}
