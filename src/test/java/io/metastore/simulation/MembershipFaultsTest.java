package io.metastore.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.metastore.Eventually;
import io.metastore.cluster.Member;
import io.metastore.cluster.MemberChange;
import io.metastore.consensus.Unavailable;
import io.metastore.value.StoreError;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Members come, get a vote and go while clients write, and at any moment a member loses power, is cut off or hands
/// over: in the end raft's configuration is what the member table says, and nothing is lost or stale.
///
/// Nobody turns away the removed here: they go on talking, as they do where they cannot be reached to be told.
@Timeout(300)
class MembershipFaultsTest {
    private static final int CLIENTS = 4;
    private static final int CHANGES = 8;
    private static final int MOST = 5;
    private static final int LEARNERS = 2;
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    @TempDir
    private Path folder;

    /// Those of every build, or others on demand: `-Dfaults.seed=100 -Dfaults.runs=50`.
    static LongStream seeds() {
        long first = Long.getLong("faults.seed", 21);
        return LongStream.range(first, first + Long.getLong("faults.runs", 3));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void theConfigurationFollowsTheTable(long seed) throws Exception {
        try (SimulatedCluster cluster = new SimulatedCluster(folder, 3, 500, seed)) {
            var ignored = cluster.leader().found(List.of(1L, 2L, 3L)).get(5, TimeUnit.SECONDS);
            try (Clients clients = new Clients(cluster, CLIENTS)) {
                Script script = new Script(cluster);
                try {
                    for (int i = 0; i < CHANGES; i++) {
                        script.changeSomething();
                        script.progress(clients);
                    }
                    List<Call> calls = clients.stop();
                    History history = cluster.settle();
                    history.check(calls);
                    script.checkConfiguration();
                    assertEquals(List.of(), cluster.faults());
                } catch (AssertionError | ExecutionException found) {
                    throw new AssertionError(script + " -> " + found.getMessage(), found);
                }
                System.out.println(script + ": " + clients.acknowledged() + " writes acknowledged");
            }
        }
    }

    /// What is done, drawn from the cluster's seed.
    private static final class Script {
        private final SimulatedCluster cluster;
        private final Random random;
        private final List<String> done = new ArrayList<>();
        private final TreeSet<Long> ever = new TreeSet<>(List.of(1L, 2L, 3L));

        private Script(SimulatedCluster cluster) {
            this.cluster = cluster;
            this.random = new Random(cluster.seed());
        }

        private void changeSomething() throws Exception {
            List<Member> table = cluster.leader().table();
            List<Member> learners = table.stream().filter(Member::learner).toList();
            boolean grows = table.size() == 1 || (table.size() < MOST && random.nextBoolean());
            if (!learners.isEmpty() && random.nextBoolean()) {
                promote(learners.getFirst().id());
            } else if (grows) {
                add(learners.size() < LEARNERS && random.nextBoolean());
            } else {
                Member going = table.get(random.nextInt(table.size()));
                boolean lastVoter = !going.learner() && table.size() - learners.size() == 1;
                // The only voter stays.
                remove(lastVoter ? learners.getFirst() : going);
            }
        }

        private void add(boolean learner) throws Exception {
            long id = ever.last() + 1;
            ever.add(id);
            done.add("add " + id + (learner ? " as a learner" : ""));
            agree(new MemberChange.Add(id, List.of(SimulatedMember.url(id)), learner, LEARNERS, false));
            cluster.join(id);
            harm();
        }

        private void promote(long id) throws Exception {
            done.add("promote " + id);
            agree(new MemberChange.Promote(id, false));
            harm();
        }

        private void remove(Member member) throws Exception {
            done.add("remove " + member.id());
            agree(new MemberChange.Remove(member.id(), false));
            harm();
            // Who switches a member off has been told that it has no vote any more.
            Eventually.holds("member " + member.id() + " has no vote", PATIENCE, () -> !hasVote(member.id()));
            cluster.leave(member.id());
        }

        /// Proposes until it is known to have been agreed.
        private void agree(MemberChange change) throws Exception {
            for (int attempt = 1; ; attempt++) {
                try {
                    Optional<StoreError> refusal = leading().change(change).get(1, TimeUnit.SECONDS);
                    // An attempt whose end nobody saw may have been agreed.
                    assertEquals(true, refusal.isEmpty() || attempt > 1, () -> change + ": " + refusal);
                    return;
                } catch (ExecutionException | TimeoutException notYet) {
                    if (attempt == 40) {
                        throw new AssertionError("not agreed: " + change, notYet);
                    }
                }
            }
        }

        private SimulatedMember leading() {
            List<SimulatedMember> found = new ArrayList<>();
            Eventually.holds(this + ": somebody leads " + cluster, PATIENCE, () -> {
                found.clear();
                cluster.members().stream()
                        .filter(member -> !member.hasFailed()
                                && member.consensus().leadership().isLeader())
                        .forEach(found::add);
                return !found.isEmpty();
            });
            return found.getLast();
        }

        private boolean hasVote(long id) {
            try {
                return leading().consensus().hasVote(id);
            } catch (Unavailable anotherLeads) {
                return true;
            }
        }

        /// Strikes at once, while raft's configuration follows.
        private void harm() throws InterruptedException, IOException {
            List<SimulatedMember> members = cluster.members();
            SimulatedMember one = random.nextInt(2) == 0 ? leading() : members.get(random.nextInt(members.size()));
            pause(40);
            switch (random.nextInt(5)) {
                case 0 -> {
                    done.add("crash " + one.id());
                    one.fail();
                    pause(300);
                    cluster.restart(one.id(), SimulatedDisk.Loss.values()[random.nextInt(2)]);
                }
                case 1 -> {
                    done.add("isolate " + one.id());
                    cluster.network().isolate(one.id());
                    pause(800);
                    cluster.network().heal();
                }
                case 2 -> {
                    done.add("crash all");
                    members.forEach(SimulatedMember::fail);
                    for (SimulatedMember member : members) {
                        cluster.restart(member.id(), SimulatedDisk.Loss.values()[random.nextInt(2)]);
                    }
                }
                case 3 -> {
                    done.add("hand over to " + one.id());
                    try {
                        leading().consensus().transfer(one.id());
                    } catch (Unavailable notNow) {
                        done.add("(not now)");
                    }
                }
                default -> done.add("nothing");
            }
        }

        private void pause(int mostMs) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(mostMs)));
        }

        private void progress(Clients clients) {
            long before = clients.acknowledged();
            Eventually.holds("writes go on; " + cluster, PATIENCE, () -> clients.acknowledged() > before + 20);
        }

        private void checkConfiguration() {
            Eventually.holds(this + ": raft's configuration is what the table says; " + cluster, PATIENCE, () -> {
                try {
                    SimulatedMember leader = leading();
                    List<Member> table = leader.table();
                    return ever.stream()
                            .allMatch(id -> leader.consensus().hasVote(id)
                                    == table.stream().anyMatch(member -> member.id() == id && !member.learner()));
                } catch (Unavailable anotherLeads) {
                    return false;
                }
            });
            List<Member> table = leading().table();
            cluster.members().forEach(member -> assertEquals(table, member.table(), member::toString));
        }

        @Override
        public String toString() {
            return "script of seed " + cluster.seed() + ": " + done;
        }
    }
}
