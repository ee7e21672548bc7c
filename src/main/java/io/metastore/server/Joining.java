package io.metastore.server;

import io.metastore.cluster.Identity;
import io.metastore.cluster.Member;
import io.metastore.consensus.peer.grpc.MembersCall;
import io.metastore.consensus.peer.grpc.MembersCall.Answer;
import io.metastore.server.tls.TlsFailure;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/// Asks a cluster that is there already who this member is: one was added with its peer addresses before it starts.
final class Joining {
    private static final Logger LOG = Logger.getLogger(Joining.class);
    private static final Duration ANSWER_MAX = Duration.ofSeconds(2);
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final long SAID_EVERY_NANOS = Duration.ofSeconds(10).toNanos();

    private Joining() {}

    /// What the cluster says.
    record Found(Identity identity, List<Member> members) {}

    /// Asks the members that initial-cluster names, again and again, until the one of them that knows most knows this
    /// member.
    ///
    /// @throws StartFailure when every one of them answers and none knows it, or it has run before
    static Found ask(EffectiveConfig config) throws TlsFailure {
        List<String> own = Founders.texts(config.keys().cluster().initialAdvertisePeerUrls());
        List<URI> others = config.initialCluster().members().values().stream()
                .flatMap(List::stream)
                .filter(url -> !own.contains(url.toString()) && url.getHost() != null)
                .toList();
        if (others.isEmpty()) {
            throw new StartFailure(
                    ExitStatus.USAGE,
                    "initial-cluster names nobody but this member, and initial-cluster-state is existing: name the"
                            + " members that are there, as etcdctl member add prints it",
                    null);
        }
        try (PeerTls tls = PeerTls.from(config)) {
            long said = System.nanoTime();
            while (true) {
                Map<URI, String> silent = new TreeMap<>();
                List<Answer> answers = new ArrayList<>();
                for (URI url : others) {
                    try {
                        answers.add(MembersCall.ask(url, tls.client(), ANSWER_MAX));
                    } catch (MembersCall.NoAnswer why) {
                        silent.put(url, why.getMessage());
                    }
                }
                Optional<Found> found = furthest(answers).flatMap(answer -> found(answer, own));
                if (found.isPresent()) {
                    return found.get();
                }
                if (silent.isEmpty()) {
                    throw unknown(config, own, answers);
                }
                if (System.nanoTime() - said > SAID_EVERY_NANOS) {
                    said = System.nanoTime();
                    LOG.infof(
                            "waiting for a member of the cluster that knows this one; no answer from %s",
                            silent.entrySet().stream()
                                    .map(entry -> entry.getKey() + " (" + entry.getValue() + ")")
                                    .collect(Collectors.joining(", ")));
                }
                TimeUnit.MILLISECONDS.sleep(PAUSE.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartFailure(ExitStatus.FAILED, "interrupted while it waited for the cluster to join", e);
        }
    }

    /// Members may lag: who has applied most of the log knows best.
    private static Optional<Answer> furthest(List<Answer> answers) {
        return answers.stream().max(Comparator.comparingLong(Answer::applied));
    }

    private static Optional<Found> found(Answer answer, List<String> own) {
        for (Member member : answer.members()) {
            if (new HashSet<>(member.peerUrls()).equals(new HashSet<>(own))) {
                if (member.incarnation().number() != 0) {
                    throw new StartFailure(
                            ExitStatus.FOREIGN,
                            "member " + Long.toHexString(member.id()) + " of cluster "
                                    + Long.toHexString(answer.cluster())
                                    + " has run before, with other data: without it the member may not vote; start it"
                                    + " on its own data-dir, or remove the member and add a new one",
                            null);
                }
                return Optional.of(new Found(new Identity(answer.cluster(), member.id()), answer.members()));
            }
        }
        return Optional.empty();
    }

    private static StartFailure unknown(EffectiveConfig config, List<String> own, List<Answer> answers) {
        String joined = String.join(",", own);
        return new StartFailure(
                ExitStatus.FOREIGN,
                "no member of cluster " + Long.toHexString(answers.getFirst().cluster()) + " has the peer addresses "
                        + joined + ": add it first, with etcdctl member add "
                        + config.keys().member().name() + " --peer-urls=" + joined,
                null);
    }
}
