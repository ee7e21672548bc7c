package io.metastore.bench;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/// Drives one workload through phases over one set of connections.
final class Driver {
    private static final long WATCH_MILLIS = 50;

    /// @param clients   callers, each with at most one call outstanding
    /// @param rate      calls per second of all clients together; 0 for a closed loop
    /// @param patience  how long the server may leave every call unanswered before the phase is aborted
    /// @param progress  whether a line is printed each second
    record Phase(String name, int clients, Pace.Limit limit, double rate, Duration patience, boolean progress) {}

    private final Connections connections;
    private final Workload workload;
    private final PrintStream err;

    Driver(Connections connections, Workload workload, PrintStream err) {
        this.connections = connections;
        this.workload = workload;
        this.err = err;
    }

    /// Runs a phase to its end, or until the server has been silent for too long; what was measured comes back
    /// in both cases.
    RunResult run(Phase phase) {
        int lanes = Math.min(connections.loops().size(), phase.clients());
        Tally tally = new Tally(workload.kinds());
        long cpu = OwnCpu.nanos();
        long start = System.nanoTime();
        CountDownLatch done = new CountDownLatch(lanes);
        Pace pace = phase.rate() > 0
                ? new Pace.Open(phase.rate(), phase.limit(), start, lanes)
                : new Pace.Closed(phase.limit(), start);
        List<Lane> all = lanes(phase, lanes, pace, tally, done);
        all.forEach(Lane::wake);
        Optional<String> aborted = pace instanceof Pace.Open open
                ? paced(open, all, () -> watch(phase, pace, tally, done))
                : watch(phase, pace, tally, done);
        long end = System.nanoTime();
        return new RunResult(
                tally.byKind(),
                end - start,
                OwnCpu.nanos() - cpu,
                tally.refusals(),
                tally.errors(),
                tally.outstanding(),
                pace.unsent(end),
                workload.figures(),
                aborted);
    }

    private List<Lane> lanes(Phase phase, int count, Pace pace, Tally tally, CountDownLatch done) {
        List<Lane> lanes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lanes.add(new Lane(i, connections.loops().get(i), pace, tally, done));
        }
        List<Connections.Connection> all = connections.all();
        for (int client = 0; client < phase.clients(); client++) {
            Connections.Connection connection = all.get(client % all.size());
            Lane lane = lanes.get(connections.loops().indexOf(connection.loop()) % count);
            lane.add(workload.client(client, lane, connection.channel()));
        }
        return lanes;
    }

    /// Wakes each lane when its next call is due, from a thread of its own: an event loop's timers are too
    /// coarse for that.
    private static Optional<String> paced(Pace.Open pace, List<Lane> lanes, Supplier<Optional<String>> watch) {
        Thread pacer = Thread.ofPlatform().daemon().name("bench-pacer").start(() -> {
            while (!Thread.interrupted()) {
                long now = System.nanoTime();
                long soonest = now + TimeUnit.MILLISECONDS.toNanos(WATCH_MILLIS);
                for (int lane = 0; lane < lanes.size(); lane++) {
                    long due = pace.dueNanos(lane);
                    if (due <= now || due == Long.MAX_VALUE) {
                        lanes.get(lane).wake();
                    }
                    soonest = Math.min(soonest, pace.lookAgainNanos(lane, now));
                }
                LockSupport.parkNanos(Math.max(50_000, soonest - System.nanoTime()));
            }
        });
        try {
            return watch.get();
        } finally {
            pacer.interrupt();
        }
    }

    /// Waits for the end, prints progress, and gives up on a silent server.
    private Optional<String> watch(Phase phase, Pace pace, Tally tally, CountDownLatch done) {
        Progress progress = new Progress(phase, tally, err);
        long answered = -1;
        long lastAnswer = System.nanoTime();
        try {
            while (!done.await(WATCH_MILLIS, TimeUnit.MILLISECONDS)) {
                long now = System.nanoTime();
                if (tally.answered() != answered || (tally.outstanding() == 0 && tally.failures() == 0)) {
                    answered = tally.answered();
                    lastAnswer = now;
                }
                if (now - lastAnswer > phase.patience().toNanos()) {
                    pace.stop();
                    return Optional.of(silence(phase, tally));
                }
                progress.tick(now);
            }
            return Optional.empty();
        } catch (InterruptedException e) {
            pace.stop();
            Thread.currentThread().interrupt();
            return Optional.of("interrupted");
        }
    }

    private String silence(Phase phase, Tally tally) {
        String where = String.join(
                ", ",
                connections.all().stream()
                        .map(connection -> connection.endpoint().toString())
                        .distinct()
                        .toList());
        String last = tally.errors().entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(entry -> "; most often: " + entry.getKey())
                .orElse("");
        return where + " stopped answering: nothing for " + phase.patience().toMillis() / 1e3 + " s with "
                + tally.outstanding() + " calls outstanding" + last;
    }
}
