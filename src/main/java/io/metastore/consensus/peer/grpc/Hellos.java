package io.metastore.consensus.peer.grpc;

import io.grpc.Status;
import io.metastore.cluster.Incarnation;
import io.metastore.consensus.peer.Lane;
import io.metastore.consensus.peer.PeerIdentity;
import io.metastore.consensus.peer.PeerTable;
import io.metastore.consensus.peer.wire.Hello;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/// How two members introduce themselves, and what is wrong with a stranger.
final class Hellos {
    /// How a member that lost its data is turned away.
    static final Status.Code DISOWNED = Status.Code.PERMISSION_DENIED;

    /// How a member that was removed is turned away.
    static final Status.Code REMOVED = Status.Code.NOT_FOUND;

    private static final Logger LOG = Logger.getLogger(Hellos.class);

    private Hellos() {}

    /// @param table says where `self` is reached
    static Hello of(PeerIdentity self, PeerTable table, long to, Lane lane) {
        PeerTable.Known known = table.members().get(self.member());
        return Hello.newBuilder()
                .addAllUrl(
                        known == null
                                ? List.of()
                                : known.urls().stream().map(URI::toString).toList())
                .setCluster(self.cluster())
                .setMember(self.member())
                .setTo(to)
                .setIncarnation(self.incarnation().number())
                .setDirectory(self.incarnation().directory())
                .setBoot(self.boot())
                .setFeatureLevel(self.featureLevel())
                .setLane(lane.ordinal())
                .build();
    }

    /// What is wrong with who answers, null when nothing is.
    ///
    /// @param expected the member that was called
    static String complaint(PeerIdentity self, PeerTable table, long expected, Hello hello) {
        if (hello.getCluster() != self.cluster()) {
            return "it belongs to cluster " + Long.toHexString(hello.getCluster()) + ", this member to cluster "
                    + Long.toHexString(self.cluster())
                    + ": check initial-cluster and initial-cluster-token of both";
        }
        if (hello.getMember() != expected) {
            return "it is member " + Long.toHexString(hello.getMember()) + ", but should be "
                    + Long.toHexString(expected) + ": check initial-cluster";
        }
        PeerTable.Known known = table.members().get(expected);
        return known == null || known.incarnation().admits(incarnation(hello))
                ? null
                : lostItsData(expected, known.incarnation(), hello);
    }

    /// Where who speaks is reached, without what cannot be dialed.
    static List<URI> urls(Hello hello) {
        List<URI> urls = new ArrayList<>();
        for (String text : hello.getUrlList()) {
            try {
                URI url = new URI(text);
                if (url.getScheme() != null && url.getHost() != null && url.getPort() > 0) {
                    urls.add(url);
                }
            } catch (URISyntaxException strange) {
                // Of a version to come, perhaps; the others will do.
                LOG.debugf("member %x is reached at %s, which is no address: %s", hello.getMember(), text, strange);
            }
        }
        return urls;
    }

    static Incarnation incarnation(Hello hello) {
        return new Incarnation(hello.getIncarnation(), hello.getDirectory());
    }

    /// Why a member with another data directory is turned away, and what to do.
    static String lostItsData(long member, Incarnation known, Hello hello) {
        return "member " + Long.toHexString(member) + " comes with data directory "
                + Long.toHexString(hello.getDirectory()) + ", but the cluster knows it with "
                + Long.toHexString(known.directory())
                + ": its data was lost or is of another time, and without it the member may not vote; start it on its"
                + " own data, or remove the member and add a new one";
    }

    /// What gRPC is to dial. With its scheme, since a host may have the name of one.
    static String target(URI url) {
        return "dns:///" + url.getHost() + ":" + url.getPort();
    }

    /// Why a member that was removed is turned away.
    static String wasRemoved(long member) {
        return "member " + Long.toHexString(member)
                + " was removed from the cluster: its data is of no use any more; to let it take part again, add a new"
                + " member and start it on an empty data-dir";
    }

    /// The cause of an ended stream as a person wants to read it.
    static String text(Throwable failure) {
        Status status = Status.fromThrowable(failure);
        String said = status.getDescription() == null ? status.getCode().toString() : status.getDescription();
        Throwable cause = status.getCause();
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause == null || cause.getMessage() == null || said.contains(cause.getMessage())
                ? said
                : said + " (" + cause.getMessage() + ")";
    }
}
