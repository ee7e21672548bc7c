package io.metastore.bench;

import io.grpc.Status;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// The clients of one event loop during one phase. All state belongs to the loop's thread; nothing here is
/// locked.
final class Lane {
    /// A client whose call was refused or failed waits before its next one, or the driver would spin where
    /// the server is gone.
    static final long REFUSED_PAUSE_MILLIS = 5;
    static final long FAILED_PAUSE_MILLIS = 50;

    private final int number;
    private final EventLoop loop;
    private final Pace pace;
    private final Tally tally;
    private final CountDownLatch done;
    private final ArrayDeque<VirtualClient> idle = new ArrayDeque<>();
    private int clients;
    private boolean ended;

    Lane(int number, EventLoop loop, Pace pace, Tally tally, CountDownLatch done) {
        this.number = number;
        this.loop = loop;
        this.pace = pace;
        this.tally = tally;
        this.done = done;
    }

    /// Before the start only.
    void add(VirtualClient client) {
        idle.add(client);
        clients++;
    }

    /// Sends what is due. Any thread may ask for it.
    void wake() {
        loop.execute(this::pump);
    }

    private void pump() {
        while (!idle.isEmpty()) {
            long now = System.nanoTime();
            long call = pace.claim(number, now);
            if (call == Pace.NONE) {
                break;
            }
            begin(idle.poll(), call, now);
        }
        endIfDone();
    }

    private void begin(VirtualClient client, long call, long now) {
        tally.begun();
        client.begin(call, pace.intended(call, now));
    }

    /// A client's call is over: counts it and lets the client go on.
    void finished(VirtualClient client, Status status) {
        if (!loop.inEventLoop()) {
            loop.execute(() -> finished(client, status));
            return;
        }
        long now = System.nanoTime();
        switch (tally.finished(client.kind(), status, now - client.intendedNanos())) {
            case OK -> next(client, now);
            case REFUSED -> later(client, REFUSED_PAUSE_MILLIS);
            case FAILED, UNREACHABLE -> later(client, FAILED_PAUSE_MILLIS);
        }
    }

    private void later(VirtualClient client, long millis) {
        var _ = loop.schedule(() -> next(client, System.nanoTime()), millis, TimeUnit.MILLISECONDS);
    }

    private void next(VirtualClient client, long now) {
        long call = pace.claim(number, now);
        if (call == Pace.NONE) {
            idle.add(client);
            endIfDone();
        } else {
            begin(client, call, now);
        }
    }

    private void endIfDone() {
        if (!ended && idle.size() == clients && pace.over(number, System.nanoTime())) {
            ended = true;
            done.countDown();
        }
    }
}
