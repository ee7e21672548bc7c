package io.metastore.cluster;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.List;

/// Which cluster a data directory belongs to, and which member of it.
///
/// Ids follow from the initial cluster as etcd's do, so that the same start line makes the same ids: a
/// member's from its peer URLs and the cluster token, the cluster's from its members'.
public record Identity(long clusterId, long memberId) {
    /// The id of a member that belongs to the cluster from its beginning.
    public static long memberId(Collection<String> peerUrls, String clusterToken) {
        String joined = String.join("", peerUrls.stream().sorted().toList());
        return firstEight((joined + clusterToken).getBytes(StandardCharsets.UTF_8));
    }

    public static long clusterId(List<Long> memberIds) {
        ByteBuffer ids = ByteBuffer.allocate(8 * memberIds.size());
        memberIds.stream().sorted(Long::compareUnsigned).forEach(ids::putLong);
        return firstEight(ids.array());
    }

    private static long firstEight(byte[] data) {
        try {
            return ByteBuffer.wrap(MessageDigest.getInstance("SHA-1").digest(data))
                    .getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }
}
