package io.metastore.failover;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.blackbox.MemberTarget;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// The faults of [FailoverIT] on MetaStore and on etcd in turn, in one run, with the same times and the same load: how
/// long nobody can write, and what a client with etcd's default retries sees.
@Tag("blackbox")
@Timeout(14_400)
@EnabledIfSystemProperty(
        named = "failover.compare",
        matches = "true",
        disabledReason = "compares with etcd for many minutes: -Dfailover.compare=true")
class FailoverCompareIT {

    @Test
    void metaStoreBesideEtcd() {
        MemberTarget.Program etcd = MemberTarget.etcd()
                .orElseThrow(
                        () -> new IllegalStateException("there is no etcd to compare with: -Dmetastore.etcd=PATH"));
        List<String> shown = new ArrayList<>();
        List<String> moreErrors = new ArrayList<>();
        try (Trial ours = Trial.start((MemberTarget.Program) MemberTarget.current());
                Trial theirs = Trial.start(etcd)) {
            for (Fault fault : Fault.values()) {
                if (FailoverIT.rounds(fault) == 0) {
                    continue;
                }
                for (int i = 0; i < FailoverIT.rounds(fault); i++) {
                    ours.round(fault);
                    theirs.round(fault);
                }
                Trial.Sum here = ours.sum();
                Trial.Sum there = theirs.sum();
                shown.add(fault + ", " + here);
                shown.add(fault + ", " + there);
                shown.add(fault + ": gap " + here.gaps().beside(there.gaps()) + " etcd's");
                // When a member falls silent, errors count how long calls may wait for it, and say nothing else.
                if ((fault == Fault.STOP || fault == Fault.MOVE) && here.errorCount() > there.errorCount()) {
                    moreErrors.add(fault + ": " + here.errors() + ", etcd " + there.errors());
                }
            }
        } finally {
            shown.forEach(System.out::println);
        }
        assertTrue(moreErrors.isEmpty(), moreErrors::toString);
    }
}
