package io.metastore.admin;

import io.grpc.Status;
import io.metastore.admin.ClusterView.One;
import io.metastore.api.etcd.etcdserverpb.Member;
import io.metastore.client.Endpoint;
import io.metastore.client.UsageException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// `metastore cluster replace`: puts a new member, on an empty data directory, in the place of one that is
/// lost. The old one is removed, a learner with its peer addresses is added, and once somebody has started that
/// and it has caught up, it gets a vote.
///
/// Each step is looked up in the cluster's own list of members, never remembered, so it can be interrupted
/// anywhere and begun again.
///
/// ```
/// the list has                                     step
/// the member, which does not answer                it is removed
/// nobody at its peer addresses                     a learner is added there, and the start line printed
/// a learner there                                  it is promoted once it has caught up
/// a voter there that is not the one that was lost  done
/// ```
public final class Replacement {
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration PROGRESS = Duration.ofSeconds(10);

    private final ClusterCalls calls;
    private final PrintStream out;

    public Replacement(ClusterCalls calls, PrintStream out) {
        this.calls = calls;
        this.out = out;
    }

    /// Does what is left to do, and returns when the new member has a vote.
    ///
    /// @param nameOrId of the member that is lost
    /// @param peerUrls where the new one is reached, empty for where the old one was
    /// @param force    also when the member that is to be replaced answers
    /// @throws UsageException      when it must not be done, with what to do instead; nothing was changed
    /// @throws ClusterCalls.Failed when nobody answers, or the cluster refuses a step
    public void run(String nameOrId, List<String> peerUrls, boolean force) throws InterruptedException {
        ClusterView view = ClusterView.of(calls);
        if (!view.agreed()) {
            throw new UsageException("there is no majority, so nobody can be replaced: bring members back first, or see"
                    + " \"A majority is lost for good\" in docs/failures.md");
        }
        Optional<One> lost = view.named(nameOrId);
        List<String> urls = !peerUrls.isEmpty()
                ? peerUrls
                : lost.map(one -> List.copyOf(one.member().getPeerURLsList())).orElse(List.of());
        if (urls.isEmpty()) {
            throw new UsageException("there is no member " + nameOrId + ", but " + StatusPage.names(view.members())
                    + ": if it was removed before, add --peer-urls with the addresses of the new one");
        }
        // One that is a learner is a new one already, from a run that was interrupted.
        if (lost.isPresent() && lost.get().votes()) {
            checkFree(urls, view, lost.get());
            remove(view, lost.get(), force);
        }
        promote(added(urls), nameOrId);
    }

    /// An address of another member would make that one look like the new one, once the old one is gone.
    private static void checkFree(List<String> urls, ClusterView view, One lost) {
        for (One other : view.members()) {
            for (String url : other.member().getPeerURLsList()) {
                if (other != lost && urls.contains(url)) {
                    throw new UsageException("--peer-urls has " + url + ", which is where " + other.name()
                            + " is: type the addresses of the new member");
                }
            }
        }
    }

    private void remove(ClusterView view, One lost, boolean force) {
        if (lost.answers() && !force) {
            throw new UsageException(
                    lost.name() + " answers, at " + lost.answer().where()
                            + ": only a member that is lost is replaced. Add --force to replace it all the same");
        }
        List<One> others = view.voters().stream().filter(one -> one != lost).toList();
        long answer = others.stream().filter(One::answers).count();
        int needed = others.size() / 2 + 1;
        if (others.isEmpty() || answer < needed) {
            throw new UsageException("without " + lost.name() + ", " + answer + " of " + others.size()
                    + " voters answer and " + needed + " are needed: nothing was changed");
        }
        List<Endpoint> stay = others.stream()
                .filter(One::answers)
                .map(one -> Endpoint.parse(one.answer().where()).getFirst())
                .toList();
        calls.prefer(
                stay,
                lost.member().getClientURLsList().stream()
                        .map(Replacement::endpoint)
                        .flatMap(Optional::stream)
                        .toList());
        calls.remove(lost.member().getID());
        out.println(lost.name() + " (" + Long.toHexString(lost.member().getID()) + ") is removed");
    }

    private static Optional<Endpoint> endpoint(String url) {
        try {
            return Optional.of(Endpoint.parse(url).getFirst());
        } catch (UsageException unknown) { // never asked either
            return Optional.empty();
        }
    }

    /// The id of the member at these addresses, which is added if there is none.
    private long added(List<String> peerUrls) {
        List<Member> members = calls.members(true);
        Optional<Member> there = members.stream()
                .filter(member -> member.getPeerURLsList().stream().anyMatch(peerUrls::contains))
                .findFirst();
        if (there.isPresent()) {
            return there.get().getID();
        }
        long id = calls.addLearner(peerUrls).getID();
        out.println("a learner " + Long.toHexString(id) + " is added in its place");
        return id;
    }

    private void promote(long id, String name) throws InterruptedException {
        long said = -PROGRESS.toSeconds();
        boolean told = false;
        for (int round = 0; ; round++) {
            List<Member> members = calls.members(true);
            Member newcomer = members.stream()
                    .filter(member -> member.getID() == id)
                    .findFirst()
                    .orElseThrow(() -> new UsageException(
                            Long.toHexString(id) + " was removed meanwhile: type the same line again"));
            if (!newcomer.getIsLearner()) {
                out.println(newcomer.getName() + " (" + Long.toHexString(id) + ") has a vote: done");
                return;
            }
            if (newcomer.getName().isEmpty() && !told) {
                told = true;
                out.println(startLine(newcomer, members, name));
            }
            String why = newcomer.getName().isEmpty() ? "it has not started yet" : tryToPromote(id);
            long seconds = round * LOOK.toSeconds();
            if (!why.isEmpty() && seconds - said >= PROGRESS.toSeconds()) {
                said = seconds;
                out.println("waiting for " + Long.toHexString(id) + ": " + why);
            }
            if (!why.isEmpty()) {
                Thread.sleep(LOOK);
            }
        }
    }

    /// Why it has no vote yet, nothing when it has.
    private String tryToPromote(long id) {
        try {
            calls.promote(id);
            return "";
        } catch (ClusterCalls.Failed notYet) {
            boolean passes = notYet.code() == Status.Code.FAILED_PRECONDITION
                    || notYet.code() == Status.Code.UNAVAILABLE
                    || notYet.code() == Status.Code.DEADLINE_EXCEEDED;
            if (!passes) {
                throw notYet;
            }
            return notYet.getMessage();
        }
    }

    private static String startLine(Member newcomer, List<Member> members, String name) {
        List<String> all = new ArrayList<>();
        for (Member member : members) {
            String named = member.getID() == newcomer.getID() ? name : member.getName();
            member.getPeerURLsList().forEach(url -> all.add(named + "=" + url));
        }
        return "start it on an empty data directory, with its usual flags and:\n  --name=" + name
                + " --initial-cluster-state=existing --initial-advertise-peer-urls="
                + String.join(",", newcomer.getPeerURLsList()) + "\n  --initial-cluster="
                + String.join(",", all);
    }
}
