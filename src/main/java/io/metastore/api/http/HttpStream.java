package io.metastore.api.http;

/// A body that is written part by part, for as long as its client reads it.
public interface HttpStream {
    /// Begins. Called once, on the event loop, when the head of the response has been written.
    void start(Out out);

    /// The client is gone, or has not read for too long: nothing more can be written. Called on the event loop, at most
    /// once, and not after [Out#end]. May come without [#start].
    void cancelled();

    /// Where the parts go. Any thread may call; parts are written in the order of the calls.
    interface Out {
        /// Writes a part.
        ///
        /// @param written run on the event loop once the transport has taken it, unless the client is gone
        ///                by then; the next part is to come no earlier
        void write(byte[] part, Runnable written);

        /// Ends the body. Nothing may be written afterwards.
        void end();
    }
}
