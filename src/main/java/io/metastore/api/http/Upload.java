package io.metastore.api.http;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;

/// The body of a request that is handed on while it comes: a client that waits for an answer may send more of it
/// afterwards.
///
/// What came before [#start] is kept; the transport reads no more than that while the reader is not ready. All parts
/// are
/// handed on by the event loop of the connection, in their order.
public final class Upload {
    private final Executor loop;
    private final int limit;
    private final Runnable readOn;
    /// Those below are of the event loop alone.
    private final Deque<byte[]> waiting = new ArrayDeque<>();

    private int waitingBytes;
    private Reader reader;
    private boolean held;
    private boolean ended;
    private boolean cut;
    private boolean told;

    /// Takes the parts of a body. Called on the event loop.
    public interface Reader {
        /// Takes a part.
        ///
        /// @return whether the next may come; else [Upload#readOn] asks for it
        boolean part(byte[] part);

        /// The client has sent all. Nothing comes afterwards.
        void end();

        /// The client is gone, or has sent what is no body. Nothing comes afterwards.
        void cut();
    }

    /// @param loop   event loop of the connection
    /// @param limit  most bytes that may wait to be read
    /// @param readOn run on the event loop when the transport may hand over more than is held
    Upload(Executor loop, int limit, Runnable readOn) {
        this.loop = loop;
        this.limit = limit;
        this.readOn = readOn;
    }

    /// Begins to hand over. Called once at most, by any thread.
    public void start(Reader taker) {
        loop.execute(() -> {
            reader = taker;
            drain();
        });
    }

    /// Goes on after [Reader#part] has asked for a pause. Any thread.
    public void readOn() {
        loop.execute(() -> {
            if (held) {
                held = false;
                drain();
                if (!isHeld()) {
                    readOn.run();
                }
            }
        });
    }

    /// Takes a part from the transport, on the event loop.
    ///
    /// @return whether it fits into what may wait
    boolean offer(byte[] part) {
        if (ended || cut || part.length == 0) {
            return true;
        }
        if (waitingBytes + part.length > limit) {
            return false;
        }
        waiting.add(part);
        waitingBytes += part.length;
        drain();
        return true;
    }

    /// Whether the transport is to read no more until it is told to.
    boolean isHeld() {
        return held;
    }

    /// Whether the client has sent all.
    boolean isEnded() {
        return ended;
    }

    /// The client has sent all.
    void end() {
        ended = true;
        drain();
    }

    /// The client is gone, or nobody wants the rest.
    void cut() {
        if (!ended) {
            cut = true;
            waiting.clear();
            waitingBytes = 0;
            drain();
        }
    }

    private void drain() {
        if (reader == null || told) {
            return;
        }
        while (!held && !waiting.isEmpty()) {
            byte[] part = waiting.poll();
            waitingBytes -= part.length;
            held = !reader.part(part);
        }
        if (cut || ended && waiting.isEmpty()) {
            told = true;
            if (cut) {
                reader.cut();
            } else {
                reader.end();
            }
        }
    }
}
