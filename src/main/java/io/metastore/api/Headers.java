package io.metastore.api;

import io.metastore.api.etcd.etcdserverpb.ResponseHeader;

/// The header that every answer carries: cluster and member id, raft term, and a revision.
@FunctionalInterface
public interface Headers {
    /// @param revision the revision to report; 0 leaves it out
    ResponseHeader of(long revision);
}
