package io.metastore.cluster;

import java.util.List;

/// A change of who belongs to the cluster. It holds all that decides whether it is allowed, so that every member
/// decides alike.
public sealed interface MemberChange {
    /// The member that it is about.
    long id();

    /// Lets a member come, which has not started yet.
    ///
    /// @param learnersMax how many learners there may be then
    /// @param strict      whether enough of the voters have to have started, see [Members#refusal]
    record Add(long id, List<String> peerUrls, boolean learner, int learnersMax, boolean strict)
            implements MemberChange {}

    /// Lets a member go, for ever: its id never comes back.
    record Remove(long id, boolean strict) implements MemberChange {}

    /// Says where others reach a member from now on.
    record Update(long id, List<String> peerUrls) implements MemberChange {}

    /// Makes a voter of a learner.
    record Promote(long id, boolean strict) implements MemberChange {}
}
