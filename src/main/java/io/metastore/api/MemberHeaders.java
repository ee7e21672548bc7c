package io.metastore.api;

import io.metastore.api.etcd.etcdserverpb.ResponseHeader;
import io.metastore.consensus.Consensus;

/// Headers of this member (GEN-08).
public final class MemberHeaders implements Headers {
    private final long clusterId;
    private final long memberId;
    private final Consensus consensus;

    public MemberHeaders(long clusterId, long memberId, Consensus consensus) {
        this.clusterId = clusterId;
        this.memberId = memberId;
        this.consensus = consensus;
    }

    @Override
    public ResponseHeader of(long revision) {
        return ResponseHeader.newBuilder()
                .setClusterId(clusterId)
                .setMemberId(memberId)
                .setRevision(revision)
                .setRaftTerm(consensus.leadership().term())
                .build();
    }
}
