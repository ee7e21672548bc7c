package io.metastore.cluster;

import java.util.List;

/// A member of the cluster.
///
/// @param name       empty until the member has started once (CLU-02)
/// @param clientUrls likewise
public record Member(long id, String name, List<String> peerUrls, List<String> clientUrls, boolean learner) {}
