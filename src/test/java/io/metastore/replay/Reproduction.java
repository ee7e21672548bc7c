package io.metastore.replay;

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
        boolean onEmptied = onEmptied(failing);
        if (!onEmptied && onNew(failing).isEmpty()) {
            return "Played again, from the same start, they did not differ: it depends on timing.";
        }
        HistoryShrinker shrinker = new HistoryShrinker(
                onEmptied ? this::onEmptied : fewer -> onNew(fewer).isPresent(), nanos);
        List<ReplayStep> shortest = shrinker.shrink(failing);
        Optional<String> last = onNew(shortest);
        if (last.isEmpty()) {
            shrinker = new HistoryShrinker(fewer -> onNew(fewer).isPresent(), nanos);
            shortest = shrinker.shrink(failing);
            last = onNew(shortest);
        }
        return "Shortest history found, " + shortest.size() + " of " + failing.size() + " commands after " + attempts
                + " attempts, on new and empty servers:\n" + last.orElse("it does not fail every time");
    }

    private boolean onEmptied(List<ReplayStep> steps) {
        attempts++;
        if (pair == null || !pair.etcd().isAlive() || !pair.metaStore().isAlive()) {
            renew();
        }
        try (HistoryPlayer player = onWipedPair()) {
            return player.play(steps).filter(this::sameKind).isPresent();
        }
    }

    private HistoryPlayer onWipedPair() {
        HistoryPlayer player = pair.wiped(new Tally());
        if (player == null) {
            renew();
            player = pair.wiped(new Tally());
        }
        return player;
    }

    private void renew() {
        close();
        pair = ServerPair.start(etcd, metaStore);
    }

    private Optional<String> onNew(List<ReplayStep> steps) {
        attempts++;
        try (ServerPair fresh = ServerPair.start(etcd, metaStore);
                HistoryPlayer player = fresh.fresh(new Tally())) {
            return player.play(steps).filter(this::sameKind).map(difference -> Script.of(player.meant()) + difference);
        }
    }

    private boolean sameKind(Difference difference) {
        return difference.kind().equals(kind);
    }

    @Override
    public void close() {
        if (pair != null) {
            pair.close();
            pair = null;
        }
    }
}
