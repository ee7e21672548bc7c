package io.metastore.failover;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.blackbox.MemberTarget;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Under 64 writers and 64 readers the leader of three is killed, put to sleep, stopped, and told to hand over
/// (`-Dfailover.kills=100 -Dfailover.moves=30`). No acknowledged write is lost, none is applied twice, and no read is
/// stale. [FailoverCompareIT] sets the gaps beside etcd's.
@Tag("blackbox")
@Timeout(7200)
class FailoverIT {
    static final int KILLS = Integer.getInteger("failover.kills", 5);
    static final int MOVES = Integer.getInteger("failover.moves", 3);
    /// Far more than a machine under load needs, far less than a cluster that finds its leader by chance.
    private static final long LONGEST_GAP_MILLIS = Long.getLong("failover.gap.millis", 20_000);

    private static final String FAULTS = System.getProperty("failover.faults", "");

    /// How often the leader is struck; `-Dfailover.faults=KILL,PAUSE` leaves the others out.
    static int rounds(Fault fault) {
        if (!FAULTS.isEmpty() && !List.of(FAULTS.split(",")).contains(fault.name())) {
            return 0;
        }
        return switch (fault) {
            case KILL, PAUSE -> KILLS;
            case STOP, MOVE -> MOVES;
        };
    }

    @BeforeEach
    void processesOnly() {
        Assumptions.assumeTrue(MemberTarget.current() instanceof MemberTarget.Program, "needs members to strike");
    }

    /// One cluster for all: what a fault leaves behind must not trouble the next.
    @Test
    void whatClientsWereToldHolds() {
        Map<Fault, String> shown = new EnumMap<>(Fault.class);
        try (Trial trial = Trial.start((MemberTarget.Program) MemberTarget.current())) {
            for (Fault fault : Fault.values()) {
                for (int i = 0; i < rounds(fault); i++) {
                    trial.round(fault);
                }
                if (rounds(fault) > 0) {
                    Trial.Sum sum = trial.sum();
                    shown.put(fault, sum.toString());
                    assertTrue(sum.gaps().quantile(1) < LONGEST_GAP_MILLIS, sum::toString);
                }
            }
        } finally {
            shown.forEach((fault, sum) -> System.out.println(fault + ", " + sum));
        }
    }
}
