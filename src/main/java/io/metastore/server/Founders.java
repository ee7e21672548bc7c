package io.metastore.server;

import io.metastore.cluster.Identity;
import io.metastore.cluster.Member;
import io.metastore.cluster.Members;
import io.metastore.consensus.peer.PeerIdentity;
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
                .map(urls -> new Member(Identity.memberId(urls, token), "", urls, List.of(), false))
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
    PeerIdentity introduction(int incarnation) {
        return new PeerIdentity(
                identity.clusterId(),
                identity.memberId(),
                incarnation,
                new SecureRandom().nextLong(),
                PeerIdentity.FEATURE_LEVEL);
    }

    /// Where the members are reached: as agreed, or as configured while nothing is agreed yet.
    Map<Long, List<URI>> addresses(Members agreed) {
        List<Member> known = agreed.all().isEmpty() ? members : agreed.all();
        Map<Long, List<URI>> addresses = new HashMap<>();
        for (Member member : known) {
            addresses.put(
                    member.id(), member.peerUrls().stream().map(URI::create).toList());
        }
        return addresses;
    }
}
