package io.metastore.server;

import io.metastore.cluster.Identity;
import io.metastore.cluster.Incarnation;
import io.metastore.cluster.Member;
import io.metastore.cluster.Members;
import io.metastore.consensus.peer.PeerIdentity;
import io.metastore.consensus.peer.PeerTable;
import java.net.URI;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The members that a new cluster begins with, by the configuration, and which of them this one is. All of them have to
/// be configured alike: ids come from peer addresses and the cluster's token.
final class Founders {
    private final List<Member> members;
    private final Identity identity;

    Founders(EffectiveConfig config) {
        String token = config.keys().cluster().initialClusterToken();
        // Names are told by the members themselves.
        this.members = config.initialCluster().members().values().stream()
                .map(Founders::texts)
                .map(urls -> Member.unstarted(Identity.memberId(urls, token), urls, false))
                .toList();
        long self = Identity.memberId(texts(config.keys().cluster().initialAdvertisePeerUrls()), token);
        this.identity =
                new Identity(Identity.clusterId(members.stream().map(Member::id).toList()), self);
    }

    private static List<String> texts(List<URI> urls) {
        return urls.stream().map(URI::toString).toList();
    }

    List<Member> members() {
        return members;
    }

    Identity identity() {
        return identity;
    }

    /// How this member introduces itself from this start on.
    PeerIdentity introduction(Incarnation incarnation) {
        return new PeerIdentity(
                identity.clusterId(),
                identity.memberId(),
                incarnation,
                new SecureRandom().nextLong(),
                PeerIdentity.FEATURE_LEVEL);
    }

    /// Who the members are and where they are reached: as agreed, or as configured while nothing is agreed yet.
    Map<Long, PeerTable.Known> table(Members agreed) {
        List<Member> known = agreed.all().isEmpty() ? members : agreed.all();
        Map<Long, PeerTable.Known> table = new HashMap<>();
        for (Member member : known) {
            table.put(
                    member.id(),
                    new PeerTable.Known(
                            member.peerUrls().stream().map(URI::create).toList(), member.incarnation()));
        }
        return table;
    }
}
