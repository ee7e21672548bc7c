package io.metastore.server;

import io.metastore.cluster.MemberChange;
import io.metastore.cluster.Members;
import io.metastore.consensus.Consensus;
import io.metastore.consensus.Unavailable;
import io.metastore.machine.Command;
import io.metastore.machine.Outcome;
import io.metastore.service.Proposals;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/// Makes a member that starts known to its cluster, through the log, once a leader is there.
final class Introduction {
    private static final Logger LOG = Logger.getLogger(Introduction.class);
    private static final long SAID_EVERY_SECONDS = 10;

    private final CountDownLatch decided = new CountDownLatch(1);
    private volatile String disowned;

    /// Told that a leader is known, by any thread.
    void leaderKnown() {
        decided.countDown();
    }

    /// Told that another member knows this one with other data, by any thread. Ends the introduction, even when a
    /// leader
    /// is known: one says that it leads before it has seen whom it tells. Later it changes nothing.
    void disowned(String why) {
        disowned = why;
        decided.countDown();
    }

    /// Waits for a leader, founds the cluster where nobody has, and publishes `self`.
    ///
    /// @param alone whether everybody else is to be taken out of the table
    /// @throws StartFailure when the cluster does not know the member with its data, or refuses what it says
    void run(
            Proposals proposals,
            Consensus consensus,
            Supplier<Members> members,
            Command.ClusterStart founding,
            Command.MemberPublish self,
            boolean alone)
            throws InterruptedException {
        while (!decided.await(SAID_EVERY_SECONDS, TimeUnit.SECONDS)) {
            LOG.infof("waiting for a leader, %d entries of the log applied", consensus.appliedIndex());
        }
        checkOwned();
        if (members.get().all().isEmpty()) {
            publish(proposals, consensus, founding);
        }
        if (publish(proposals, consensus, self) instanceof Outcome.Refused<?> refused) {
            throw new StartFailure(
                    ExitStatus.FAILED, "the member could not make itself known: " + refused.error(), null);
        }
        if (alone) {
            keepOnly(self.id(), proposals, consensus, members);
        }
    }

    /// Takes every other member out of the table, once raft goes on with this one alone. A start that comes to an
    /// end in between is made up for by the next.
    ///
    /// @throws StartFailure when the state refuses it
    private void keepOnly(long self, Proposals proposals, Consensus consensus, Supplier<Members> members) {
        List<MemberChange> changes = new ArrayList<>();
        for (io.metastore.cluster.Member member : members.get().all()) {
            if (member.id() != self) {
                changes.add(new MemberChange.Remove(member.id(), false));
            } else if (member.learner()) {
                changes.addFirst(new MemberChange.Promote(self, false));
            }
        }
        for (MemberChange change : changes) {
            if (publish(proposals, consensus, new Command.ChangeMembers(change))
                    instanceof Outcome.Refused<?> refused) {
                throw new StartFailure(
                        ExitStatus.FAILED,
                        "the member cannot go on alone: " + change + " is refused: " + refused.error(),
                        null);
            }
        }
        LOG.warnf(
                "force-new-cluster: the cluster is this member alone, %d others were taken out; take the flag off the start"
                        + " line, delete the others' data and add them as new members",
                changes.size());
    }

    private void checkOwned() {
        String why = disowned;
        if (why != null) {
            throw new StartFailure(ExitStatus.FOREIGN, why, null);
        }
    }

    /// Proposes until it is applied: what the log holds comes first, and an entry of it may take longer to apply than a
    /// proposal may wait.
    private Outcome<?> publish(Proposals proposals, Consensus consensus, Command<?> command) {
        while (true) {
            try {
                return proposals.propose(command).await().indefinitely();
            } catch (Unavailable.Stopping stopping) {
                throw stopping;
            } catch (Unavailable notYet) {
                checkOwned();
                LOG.infof(
                        "not ready yet, %d entries of the log applied: %s",
                        consensus.appliedIndex(), notYet.getMessage());
            }
        }
    }
}
