package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Iterator;
import com.alipay.sofa.jraft.Status;
import java.nio.ByteBuffer;
import java.util.List;

/// Agreed entries as JRaft hands them to its state machine, made up by a test. Nobody's own: none has a closure.
final class ScriptedEntries implements Iterator {
    private final long first;
    private final long term;
    private final List<ByteBuffer> entries;
    private int at;

    /// @param first index of the first entry
    ScriptedEntries(long first, long term, List<ByteBuffer> entries) {
        this.first = first;
        this.term = term;
        this.entries = entries;
    }

    @Override
    public boolean hasNext() {
        return at < entries.size();
    }

    @Override
    public ByteBuffer next() {
        at++;
        return hasNext() ? getData() : null;
    }

    @Override
    public ByteBuffer getData() {
        return entries.get(at).duplicate();
    }

    @Override
    public long getIndex() {
        return first + at;
    }

    @Override
    public long getTerm() {
        return term;
    }

    @Override
    public Closure done() {
        return null;
    }

    @Override
    public boolean commit() {
        return true;
    }

    @Override
    public void commitAndSnapshotSync(Closure done) {
        throw new UnsupportedOperationException("not asked for by the adapter");
    }

    @Override
    public void setAutoCommitPerLog(boolean status) {
        throw new UnsupportedOperationException("not asked for by the adapter");
    }

    @Override
    public void setErrorAndRollback(long ntail, Status status) {
        throw new AssertionError("nothing is rolled back: " + status);
    }
}
