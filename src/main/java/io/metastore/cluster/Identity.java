package io.metastore.cluster;

import io.metastore.engine.Engine;
import io.metastore.engine.Snapshot;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import io.metastore.mvcc.CorruptRow;
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
    /// Version of the layout of the state database.
    private static final int FORMAT = 1;

    private static final byte[] ROW = "identity".getBytes(StandardCharsets.US_ASCII);

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

    /// Marks an empty database as this member's, or checks that it is.
    ///
    /// @throws IllegalStateException with what to do, when it is another's
    public void claim(Engine engine) {
        byte[] row;
        try (Snapshot snapshot = engine.snapshot()) {
            row = snapshot.get(Table.META, ROW);
        }
        if (row == null) {
            WriteBatch batch = engine.newBatch();
            batch.put(Table.META, ROW, encode());
            engine.write(batch);
            engine.flush();
            return;
        }
        ByteBuffer stored = ByteBuffer.wrap(CorruptRow.sized(row, 20, "the row that names the member"));
        int format = stored.getInt();
        if (format != FORMAT) {
            throw new IllegalStateException("the data directory has format " + format + ", this program knows format "
                    + FORMAT + ": use the version of the program that wrote it");
        }
        Identity owner = new Identity(stored.getLong(), stored.getLong());
        if (!owner.equals(this)) {
            throw new IllegalStateException("the data directory belongs to member " + Long.toHexString(owner.memberId)
                    + " of cluster " + Long.toHexString(owner.clusterId) + ", but the configuration makes this member "
                    + Long.toHexString(memberId) + " of cluster " + Long.toHexString(clusterId)
                    + ": check initial-cluster, initial-advertise-peer-urls and initial-cluster-token, or choose another"
                    + " data-dir");
        }
    }

    private byte[] encode() {
        return ByteBuffer.allocate(20)
                .putInt(FORMAT)
                .putLong(clusterId)
                .putLong(memberId)
                .array();
    }
}
