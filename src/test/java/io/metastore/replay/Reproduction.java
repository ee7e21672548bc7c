package io.metastore.replay;

import io.grpc.StatusRuntimeException;
import io.metastore.blackbox.MemberTarget;
import java.util.List;
import java.util.Optional;

/// Plays a failing history again and again to make it short.
///
/// Attempts share one pair of servers that is emptied between them, since a start takes seconds; what comes out is
/// played once more on new servers.
final class Reproduction implements AutoCloseable {
    private final MemberTarget.Program etcd;
    private final MemberTarget.Program metaStore;
    private final String kind;
    private ServerPair pair;
    private int attempts;

    /// @param kind what kind of difference has to show
    Reproduction(MemberTarget.Program etcd, MemberTarget.Program metaStore, String kind) {
        this.etcd = etcd;
        this.metaStore = metaStore;
        this.kind = kind;
    }

    /// The shortest history found, as a script, and what differs in it.
    String shrunk(List<ReplayStep> failing, long nanos) {
        Optional<List<ReplayStep>> emptied = onEmptied(failing);
        Optional<Played> again = emptied.isPresent() ? Optional.empty() : onNew(failing);
        if (emptied.isEmpty() && again.isEmpty()) {
            return "Played again, from the same start, they did not differ: it depends on timing.";
        }
        List<ReplayStep> whole = emptied.orElse(failing);
        List<ReplayStep> shortest =
                new HistoryShrinker(emptied.isPresent() ? this::onEmptied : this::leftOnNew, nanos).shrink(whole);
        Optional<Played> last = onNew(shortest);
        if (last.isEmpty()) {
            shortest = new HistoryShrinker(this::leftOnNew, nanos).shrink(failing);
            last = onNew(shortest);
        }
        return "Shortest history found, " + shortest.size() + " of " + failing.size() + " commands after " + attempts
                + " attempts, on new and empty servers:\n"
                + last.map(Played::shown).orElse("it does not fail every time");
    }

    /// What was played up to a difference of the wanted kind.
    ///
    /// @param left the steps that led to it
    private record Played(List<ReplayStep> left, String shown) {}

    private Optional<List<ReplayStep>> onEmptied(List<ReplayStep> steps) {
        attempts++;
        if (pair == null || !pair.etcd().isAlive() || !pair.metaStore().isAlive()) {
            renew();
        }
        try (HistoryPlayer player = onWipedPair()) {
            return played(player, steps).map(Played::left);
        }
    }

    private Optional<Played> played(HistoryPlayer player, List<ReplayStep> steps) {
        return player.play(steps)
                .filter(difference -> difference.kind().equals(kind))
                .map(difference -> new Played(List.copyOf(player.anchored()), Script.of(player.meant()) + difference));
    }

    private Optional<List<ReplayStep>> leftOnNew(List<ReplayStep> steps) {
        return onNew(steps).map(Played::left);
    }

    private Optional<Played> onNew(List<ReplayStep> steps) {
        attempts++;
        try (ServerPair fresh = ServerPair.start(etcd, metaStore);
                HistoryPlayer player = fresh.fresh(new Tally())) {
            return played(player, steps);
        }
    }

    /// A server that a fault has damaged may not survive being emptied: then a new pair takes over.
    private HistoryPlayer onWipedPair() {
        try {
            HistoryPlayer player = pair.wiped(new Tally());
            if (player != null) {
                return player;
            }
        } catch (StatusRuntimeException broken) {
            System.out.println("a server did not survive being emptied: " + broken.getMessage());
        }
        renew();
        return pair.wiped(new Tally());
    }

    private void renew() {
        close();
        pair = ServerPair.start(etcd, metaStore);
    }

    @Override
    public void close() {
        if (pair != null) {
            pair.close();
            pair = null;
        }
    }
}
