package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesRequest;
import com.alipay.sofa.jraft.rpc.RpcRequests.AppendEntriesResponse;
import com.alipay.sofa.jraft.rpc.RpcRequests.InstallSnapshotRequest;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/// How far the other members are, by their answers to what this one sends them as their leader. Any thread may call.
final class Followers {
    /// How long ago a member may have answered and still be one to wait for.
    static final Duration ALIVE = Duration.ofSeconds(10);

    private final Map<Long, Follower> followers = new ConcurrentHashMap<>();
    private final LongConsumer acknowledged;
    private final LongSupplier last;

    /// @param acknowledged told how far a follower has the log, once raft knows it, on one of raft's threads
    /// @param last index of the last entry of this member's log
    Followers(LongConsumer acknowledged, LongSupplier last) {
        this.acknowledged = acknowledged;
        this.last = last;
    }

    /// @param matched    the last entry of the log that is known to be the same here and there
    /// @param heardNanos when it last answered
    /// @param installs   takes a snapshot of this member
    private record Follower(long matched, long heardNanos, boolean installs) {}

    /// Learns what is sent to `member`.
    void sent(long member, Object request, long now) {
        if (request instanceof InstallSnapshotRequest) {
            followers.put(member, new Follower(0, now, true));
        }
    }

    /// Learns how it was answered.
    ///
    /// @param response null when it was not
    void ended(long member, Object request, Object response, long now) {
        if (request instanceof AppendEntriesRequest append && response instanceof AppendEntriesResponse answer) {
            long matched = answer.getSuccess() ? append.getPrevLogIndex() + append.getEntriesCount() : 0;
            followers.merge(
                    member,
                    new Follower(matched, now, false),
                    (known, heard) -> new Follower(Math.max(known.matched, heard.matched), now, known.installs));
        } else if (request instanceof InstallSnapshotRequest install) {
            followers.put(
                    member,
                    response == null
                            ? new Follower(0, now - ALIVE.toNanos(), false)
                            : new Follower(install.getMeta().getLastIncludedIndex(), now, false));
        }
    }

    /// Learns that raft has taken an answer to something with entries.
    void taken(Object request, Object response) {
        if (request instanceof AppendEntriesRequest append
                && append.getEntriesCount() > 0
                && response instanceof AppendEntriesResponse answer
                && answer.getSuccess()) {
            acknowledged.accept(append.getPrevLogIndex() + append.getEntriesCount());
        }
    }

    /// Whether an answer says that the follower has the whole log: then taking it leaves nothing to be read and sent.
    boolean hasAll(Object request, Object response) {
        return request instanceof AppendEntriesRequest append
                && append.getEntriesCount() > 0
                && response instanceof AppendEntriesResponse answer
                && answer.getSuccess()
                && append.getPrevLogIndex() + append.getEntriesCount() == last.getAsLong();
    }

    /// The last entry of the log that `member` is known to have, 0 when it has not answered lately.
    long matched(long member, long now) {
        Follower follower = followers.get(member);
        return follower == null || now - follower.heardNanos >= ALIVE.toNanos() ? 0 : follower.matched;
    }

    /// Forgets everything: what was known belongs to an earlier time as the leader.
    void forget() {
        followers.clear();
    }

    /// Whether a follower that is alive would have to take a snapshot if the log began behind `index`: it lacks entries
    /// up to there, or it takes one and will want the entries behind it.
    boolean need(long index, long now) {
        return followers.values().stream()
                .filter(follower -> follower.installs || now - follower.heardNanos < ALIVE.toNanos())
                .anyMatch(follower -> follower.installs || follower.matched < index);
    }
}
