package io.metastore.watch;

/// The client's side of a stream. The session calls [#send], [#demand] and [#end] one at a time.
public interface Sink {
    /// Whether the transport takes a response now without letting it pile up. After `false`,
    /// [WatchSession#ready] must be called once it does again. Called from any thread.
    boolean isReady();

    /// Passes one response on. Must not block.
    void send(Delivery delivery);

    /// Commands handed over so far are done: one more may be taken from the client.
    void demand();

    /// The hub gives the stream up.
    ///
    /// @param cause what went wrong, or null when the hub closes in order
    void end(Throwable cause);
}
