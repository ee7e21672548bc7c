package io.metastore.machine;

import java.nio.ByteBuffer;

/// Entries that are agreed on, in order of their index: what consensus hands to the apply loop.
public interface CommittedEntries {
    /// Steps to the next entry; false at the end. Before the first call there is no current entry.
    boolean next();

    long index();

    long term();

    ByteBuffer data();

    /// The batch that this member proposed as the current entry, or null when another did or the member was
    /// started since.
    ProposedBatch proposed();

    /// The commands of the current entry have been applied to the chunk that is open. What fails from here to the
    /// next entry concerns the writing of that chunk. Of use only to whoever names the entry that could not be
    /// applied.
    default void taken() {}

    /// Everything up to and including the current entry has been applied. Not called for the last entries:
    /// that all of them are applied is plain when the loop returns.
    void applied();
}
