package io.metastore.consensus.peer;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// A lane that another member has opened to this one.
public final class Caller {
    private final long member;
    private final Lane lane;
    private final Runnable cut;
    private final Map<String, Object> attributes = new ConcurrentHashMap<>();

    /// @param cut ends the lane
    public Caller(long member, Lane lane, Runnable cut) {
        this.member = member;
        this.lane = lane;
        this.cut = cut;
    }

    /// Id of the member that calls.
    public long member() {
        return member;
    }

    public Lane lane() {
        return lane;
    }

    /// What a handler keeps with the lane, by names of its own.
    public Map<String, Object> attributes() {
        return attributes;
    }

    /// Ends the lane; the other side fails what it waits for and opens it anew.
    public void cut() {
        cut.run();
    }
}
