package io.metastore.bench;

import io.grpc.Channel;
import java.util.List;
import java.util.Map;

/// What is asked of the server. One instance serves all phases of a run (warm-up, then measurement) and keeps
/// what must survive between them.
interface Workload {
    /// The kinds of call that are measured apart, by the index that clients give to [VirtualClient#kind].
    List<String> kinds();

    /// A caller of its own.
    ///
    /// @param number  0 for the first client of the run, then counting up
    VirtualClient client(int number, Lane lane, Channel channel);

    /// Figures that only this workload has, for the report.
    default Map<String, Object> figures() {
        return Map.of();
    }
}
