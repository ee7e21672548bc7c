package io.metastore.cluster;

import java.util.List;

/// A member of the cluster.
///
/// @param name         empty until the member has started once (CLU-02)
/// @param clientUrls   likewise
/// @param incarnation  the data directory that it runs on, unknown until then
/// @param featureLevel the newest formats and commands that its program knows, 0 until then
public record Member(
        long id,
        String name,
        List<String> peerUrls,
        List<String> clientUrls,
        boolean learner,
        Incarnation incarnation,
        int featureLevel) {
    /// One that has not started yet.
    public static Member unstarted(long id, List<String> peerUrls, boolean learner) {
        return new Member(id, "", peerUrls, List.of(), learner, Incarnation.UNKNOWN, 0);
    }

    /// Whether it has made itself known once.
    public boolean hasStarted() {
        return !name.isEmpty();
    }

    /// The same, reached elsewhere, or with another role.
    public Member with(List<String> otherPeerUrls, boolean isLearner) {
        return new Member(id, name, otherPeerUrls, clientUrls, isLearner, incarnation, featureLevel);
    }
}
