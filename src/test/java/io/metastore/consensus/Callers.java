package io.metastore.consensus;

import io.metastore.machine.Command;
import io.metastore.machine.CommandCodec;
import io.metastore.machine.Outcome;
import io.metastore.machine.Result;
import io.metastore.value.Bytes;
import java.util.concurrent.CompletableFuture;

/// Makes proposals whose end a test can wait for.
final class Callers {
    private Callers() {}

    /// A proposal and its end.
    record Call(Proposal proposal, CompletableFuture<Outcome<? extends Result>> end) {}

    static Call put(String key, int valueBytes) {
        Command.Put put =
                new Command.Put(Bytes.utf8(key), Bytes.wrap(new byte[valueBytes]), 0, false, false, false);
        CompletableFuture<Outcome<? extends Result>> end = new CompletableFuture<>();
        Proposal proposal = new Proposal(put, CommandCodec.encode(put), new Proposal.Caller() {
            @Override
            public void ended(Outcome<? extends Result> outcome) {
                if (!end.complete(outcome)) {
                    throw new AssertionError(key + " ended twice");
                }
            }

            @Override
            public void failed(Unavailable reason) {
                if (!end.completeExceptionally(reason)) {
                    throw new AssertionError(key + " ended twice");
                }
            }
        });
        return new Call(proposal, end);
    }
}
