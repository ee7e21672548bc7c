package io.metastore.server;

import io.metastore.auth.AuthApplied;
import io.metastore.lease.LeaseChunk;
import io.metastore.machine.CommitListener;
import io.metastore.service.LeaseService;
import io.metastore.value.Event;
import io.metastore.watch.Commit;
import io.metastore.watch.WatchHub;
import java.util.List;
import java.util.function.Supplier;

/// Hands what the apply loop did on to watchers, leases and counts.
///
/// @param leases asked for at each commit: the service is made after the apply loop
/// @param auth   likewise
record Told(WatchHub watchers, Supplier<LeaseService> leases, Supplier<MemberAuth> auth, AppliedCounts applied)
        implements CommitListener {
    @Override
    public void committed(List<Event> events, boolean complete, LeaseChunk.Changes changes, long revision) {
        if (complete) {
            watchers.publish(new Commit(events, revision));
        } else {
            watchers.resetTo(revision);
        }
        leases.get().changed(changes);
        applied.committed(events);
    }

    @Override
    public void authChanged(List<AuthApplied> changes) {
        if (auth.get().changed(changes)) {
            watchers.permissionsChanged();
        }
    }

    @Override
    public void spilled(List<Event> events) {
        applied.committed(events);
    }
}
