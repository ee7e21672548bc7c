package io.metastore.service;

import io.metastore.consensus.Proposal;
import io.metastore.consensus.ProposalQueue;
import io.metastore.consensus.Unavailable;
import io.metastore.machine.Command;
import io.metastore.machine.CommandCodec;
import io.metastore.machine.Outcome;
import io.metastore.machine.Result;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;

/// The way from a use case into the proposal queue and back.
public final class Proposals {
    private final ProposalQueue queue;
    private final RequestMetrics requests;

    /// @param requests told how long proposals took
    public Proposals(ProposalQueue queue, RequestMetrics requests) {
        this.queue = queue;
        this.requests = requests;
    }

    /// Proposes `command` when somebody subscribes. The item is its outcome; the failure is an [Unavailable].
    public <R extends Result> Uni<Outcome<R>> propose(Command<R> command) {
        return Uni.createFrom().emitter(emitter -> offer(command, 0, emitter));
    }

    /// Proposes what is right only as long as this member leads `term`; fails with [Unavailable.LeaderChanged] when
    /// another has begun before it is in the log.
    public <R extends Result> Uni<Outcome<R>> propose(Command<R> command, long term) {
        return Uni.createFrom().emitter(emitter -> offer(command, term, emitter));
    }

    private <R extends Result> void offer(Command<R> command, long term, UniEmitter<? super Outcome<R>> emitter) {
        Waiting<R> waiting = new Waiting<>(emitter, command, requests);
        try {
            queue.offer(new Proposal(command, CommandCodec.encode(command), waiting, term));
        } catch (Unavailable refused) {
            requests.refused(command);
            waiting.failed(refused);
        }
    }

    private record Waiting<R extends Result>(
            UniEmitter<? super Outcome<R>> emitter, Command<R> command, RequestMetrics requests)
            implements Proposal.Caller {
        /// A command's outcome holds what the command's type says: the state machine keeps them together, and
        /// this is the one place where the compiler cannot see it.
        @Override
        @SuppressWarnings("unchecked")
        public void ended(Outcome<? extends Result> outcome) {
            emitter.complete((Outcome<R>) outcome);
        }

        @Override
        public void took(Proposal.Times times, boolean agreed) {
            requests.wrote(command, times, agreed);
        }

        @Override
        public void failed(Unavailable reason) {
            emitter.fail(reason);
        }
    }
}
