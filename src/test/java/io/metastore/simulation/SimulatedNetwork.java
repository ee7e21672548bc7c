package io.metastore.simulation;

import io.metastore.consensus.peer.PeerHandler;
import io.metastore.thread.Threads;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// A network of members in one program, whose faults are asked for. What it does by chance follows from a seed.
///
/// Members speak over connections, as they do over gRPC: one from each member to each other that it calls, with a
/// stream in either direction for each lane. A stream keeps its order and loses nothing in its middle. So a cut holds
/// what is sent, as TCP would: it arrives when the cut is healed, unless its connection has ended before. When a
/// connection ends, the first so many of the calls on their way arrive all the same, and later than what its caller
/// sends over the next connection may.
///
/// All state of network, connections and streams is guarded by this object; who is called back is called without it.
public final class SimulatedNetwork implements AutoCloseable {
    private static final Duration TICK = Duration.ofMillis(20);

    private final Random random;
    private final Threads.Halt halt;
    private final Map<Long, SimulatedPeers> members = new HashMap<>();
    private final Map<Long, ScheduledExecutorService> threads = new HashMap<>();
    private final Map<Way, Condition> conditions = new HashMap<>();
    private final Set<Pipe> pipes = new HashSet<>();
    private final ScheduledExecutorService clock;
    private long longestNanos;
    private boolean closed;

    /// @param halt told of what members throw at their transport
    public SimulatedNetwork(long seed, Threads.Halt halt) {
        this.random = new Random(seed);
        this.halt = halt;
        this.clock = Threads.clock("simulated-limits", halt);
        clock.scheduleWithFixedDelay(this::timeOut, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// From one member to another.
    record Way(long from, long to) {}

    private static final class Condition {
        private boolean cut;
        private long delayNanos;
        private long jitterNanos;
    }

    /// Lets a member take part, in the place of an earlier one with its id.
    ///
    /// @param handler gets what others ask it, on one thread
    public synchronized SimulatedPeers join(long member, PeerHandler handler) {
        SimulatedPeers joined = new SimulatedPeers(this, member, handler);
        if (members.put(member, joined) instanceof SimulatedPeers former && former.isAlive()) {
            throw new IllegalStateException("member " + member + " takes part already");
        }
        return joined;
    }

    /// Holds what one member sends to the other.
    public synchronized void cut(long from, long to) {
        condition(new Way(from, to)).cut = true;
    }

    /// Holds what either sends to the other.
    public void cutBothWays(long one, long other) {
        cut(one, other);
        cut(other, one);
    }

    /// Holds what goes to a member and comes from it.
    public synchronized void isolate(long member) {
        for (long other : members.keySet()) {
            if (other != member) {
                cutBothWays(member, other);
            }
        }
    }

    /// Ends all cuts and delays.
    public void heal() {
        List<Pipe> all;
        synchronized (this) {
            conditions.clear();
            all = List.copyOf(pipes);
        }
        all.forEach(Pipe::wake);
    }

    /// Delays what one member sends to the other.
    ///
    /// @param jitter most that comes on top by chance
    public synchronized void delay(long from, long to, Duration fixed, Duration jitter) {
        Condition condition = condition(new Way(from, to));
        condition.delayNanos = fixed.toNanos();
        condition.jitterNanos = jitter.toNanos();
    }

    /// Ends the connection that one member has opened to the other, if there is one.
    public void drop(long from, long to) {
        SimulatedPeers caller;
        synchronized (this) {
            caller = members.get(from);
        }
        caller.drop(to);
    }

    private Condition condition(Way way) {
        return conditions.computeIfAbsent(way, _ -> new Condition());
    }

    boolean isCut(Way way) {
        return conditions.containsKey(way) && conditions.get(way).cut;
    }

    long delayNanos(Way way) {
        Condition condition = condition(way);
        return condition.delayNanos + random.nextLong(condition.jitterNanos + 1);
    }

    /// From 0 to `most`.
    int chance(int most) {
        return random.nextInt(most + 1);
    }

    /// How long a member has held its thread of the transport at most, for one message.
    public synchronized Duration longestHeld() {
        return Duration.ofNanos(longestNanos);
    }

    synchronized void held(long nanos) {
        longestNanos = Math.max(longestNanos, nanos);
    }

    boolean isClosed() {
        return closed;
    }

    /// Who has the id now, or null.
    SimulatedPeers member(long id) {
        return members.get(id);
    }

    /// The one thread on which a member hears of others.
    ScheduledExecutorService thread(long member) {
        return threads.computeIfAbsent(member, id -> Threads.clock("simulated-network-" + id, halt));
    }

    Pipe pipe(long from, long to) {
        Pipe pipe = new Pipe(this, new Way(from, to), thread(to));
        pipes.add(pipe);
        return pipe;
    }

    synchronized void forget(Pipe pipe) {
        pipes.remove(pipe);
    }

    private void timeOut() {
        List<SimulatedPeers> all;
        synchronized (this) {
            all = List.copyOf(members.values());
        }
        all.forEach(SimulatedPeers::timeOut);
    }

    @Override
    public void close() {
        List<SimulatedPeers> all;
        synchronized (this) {
            all = List.copyOf(members.values());
        }
        all.forEach(SimulatedPeers::leave);
        synchronized (this) {
            closed = true;
            clock.shutdownNow();
            threads.values().forEach(ScheduledExecutorService::shutdownNow);
        }
    }
}
