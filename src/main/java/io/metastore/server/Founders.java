package io.metastore.server;

import io.metastore.cluster.Identity;
import io.metastore.cluster.Member;
import java.net.URI;
import java.util.List;

/// The members that a new cluster begins with, by the configuration, and which of them this one is. All of them have to
/// be configured alike: ids come from peer addresses and the cluster's token.
record Founders(List<Member> members, Identity identity) {
    static Founders of(EffectiveConfig config) {
        String token = config.keys().cluster().initialClusterToken();
        // Names are told by the members themselves.
        List<Member> members = config.initialCluster().members().values().stream()
                .map(Founders::texts)
                .map(urls -> Member.unstarted(Identity.memberId(urls, token), urls, false))
                .toList();
        long self = Identity.memberId(texts(config.keys().cluster().initialAdvertisePeerUrls()), token);
        return new Founders(
                members,
                new Identity(Identity.clusterId(members.stream().map(Member::id).toList()), self));
    }

    static List<String> texts(List<URI> urls) {
        return urls.stream().map(URI::toString).toList();
    }
}
