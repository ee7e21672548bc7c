package io.metastore.simulation;

import io.metastore.consensus.Unavailable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// What is done to a cluster, drawn from a seed, with what was done.
public final class FaultScript {
    private static final int LEAST_PAUSE_MS = 50;
    private static final int MOST_PAUSE_MS = 300;

    private final SimulatedCluster cluster;
    private final Random random;
    private final List<String> done = new ArrayList<>();
    private boolean harmed;

    public FaultScript(SimulatedCluster cluster) {
        this.cluster = cluster;
        this.random = new Random(cluster.seed());
    }

    private enum Step {
        ISOLATE_LEADER,
        ISOLATE,
        CUT_ONE_WAY,
        DROP,
        DELAY,
        SLOW_SYNCS,
        CRASH,
        CRASH_ALL,
        TRANSFER
    }

    /// Takes so many steps, each after a pause, and heals what harms after each second one as a rule.
    public void run(int steps) throws InterruptedException, IOException {
        for (int i = 0; i < steps; i++) {
            if (harmed && random.nextInt(3) > 0) {
                heal();
            } else {
                step(Step.values()[random.nextInt(Step.values().length)]);
            }
            int pause = LEAST_PAUSE_MS + random.nextInt(MOST_PAUSE_MS - LEAST_PAUSE_MS);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pause));
        }
    }

    private void heal() throws InterruptedException, IOException {
        done.add("heal");
        harmed = false;
        cluster.network().heal();
        for (SimulatedMember member : cluster.members()) {
            member.disk().slowSyncs(Duration.ZERO);
            if (member.hasFailed()) {
                SimulatedDisk.Loss loss = SimulatedDisk.Loss.values()[random.nextInt(2)];
                cluster.restart(member.id(), loss);
            }
        }
    }

    private SimulatedMember any() {
        List<SimulatedMember> members = cluster.members();
        return members.get(random.nextInt(members.size()));
    }

    /// Who says that it leads, or anyone.
    private SimulatedMember leader() {
        SimulatedMember other = any();
        return cluster.members().stream()
                .filter(member -> member.consensus().leadership().isLeader())
                .findFirst()
                .orElse(other);
    }

    private void step(Step step) throws InterruptedException, IOException {
        SimulatedMember one = any();
        List<SimulatedMember> others = cluster.others(one);
        SimulatedMember other = others.get(random.nextInt(others.size()));
        done.add(step + " " + one.id() + " " + other.id());
        harmed |= step != Step.DROP && step != Step.TRANSFER;
        switch (step) {
            case ISOLATE_LEADER -> cluster.network().isolate(leader().id());
            case ISOLATE -> cluster.network().isolate(one.id());
            case CUT_ONE_WAY -> cluster.network().cut(one.id(), other.id());
            case DROP -> {
                cluster.network().drop(one.id(), other.id());
                cluster.network().drop(other.id(), one.id());
            }
            case DELAY -> {
                cluster.network().delay(one.id(), other.id(), Duration.ofMillis(20), Duration.ofMillis(60));
                cluster.network().delay(other.id(), one.id(), Duration.ofMillis(5), Duration.ofMillis(10));
            }
            case SLOW_SYNCS -> one.disk().slowSyncs(Duration.ofMillis(100 + random.nextInt(400)));
            case CRASH -> one.fail();
            case CRASH_ALL -> {
                cluster.members().forEach(SimulatedMember::fail);
                heal();
            }
            case TRANSFER -> transfer(one);
        }
    }

    private void transfer(SimulatedMember to) {
        try {
            leader().consensus().transfer(to.id());
        } catch (Unavailable notNow) {
            done.add("(no transfer: " + notNow.getMessage() + ")");
        }
    }

    @Override
    public String toString() {
        return "script of seed " + cluster.seed() + ": " + done;
    }
}
