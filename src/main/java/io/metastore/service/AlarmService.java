package io.metastore.service;

import io.metastore.cluster.Alarm;
import io.metastore.cluster.Alarms;
import io.metastore.machine.Command;
import io.metastore.machine.Outcome;
import io.metastore.machine.Result;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.function.Supplier;

/// Raises, ends and lists alarms.
public final class AlarmService {
    private final Proposals proposals;
    private final Reading reading;
    private final Supplier<Alarms> alarms;

    public AlarmService(Proposals proposals, Reading reading, Supplier<Alarms> alarms) {
        this.proposals = proposals;
        this.reading = reading;
        this.alarms = alarms;
    }

    public Uni<Outcome<Result.AlarmChange>> change(boolean raise, Alarm alarm) {
        return proposals.propose(new Command.AlarmChange(raise, alarm));
    }

    /// The alarms that are raised, as everybody agrees (ALM-08).
    public Uni<List<Alarm>> raised() {
        return reading.linearizable(_ -> alarms.get().raised());
    }
}
