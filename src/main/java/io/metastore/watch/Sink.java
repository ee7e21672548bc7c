package io.metastore.watch;

import io.metastore.value.KeyRange;
import java.util.Optional;

/// The client's side of a stream. The session calls [#send], [#demand] and [#end] one at a time.
public interface Sink {
    /// Whether the transport takes a response now without letting it pile up. After `false`,
    /// [WatchSession#ready] must be called once it does again. Called from any thread.
    boolean isReady();

    /// Passes one response on. Must not block.
    void send(Delivery delivery);

    /// Commands handed over so far are done: one more may be taken from the client.
    void demand();

    /// Why the client may not create a watcher of `range`; empty when it may. Called on the hub's live thread.
    default Optional<Delivery.Refusal> refusal(KeyRange range) {
        return Optional.empty();
    }

    /// Why the client may not see `range` any more, of which it has a watcher; empty when it may. Called on the hub's
    /// live thread when permissions have changed.
    default Optional<Delivery.Refusal> revocation(KeyRange range) {
        return Optional.empty();
    }

    /// The hub gives the stream up.
    ///
    /// @param cause what went wrong, or null when the hub closes in order
    void end(Throwable cause);
}
