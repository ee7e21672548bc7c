package io.metastore.service;

import io.metastore.mvcc.Allowance;
import java.util.function.LongSupplier;

/// One call's part of the [ResponseBudget]. The read of the call asks it for memory; whoever sends the response
/// says when it is handed to the transport and when the call has ended.
public final class ResponseShare extends Allowance {
    /// Bytes measured before it is looked up whether the call is still there.
    private static final long LOOK_UP = 16 << 20;

    /// How the call's read stands with the budget.
    private enum Stage {
        /// It has not needed much so far.
        SMALL,
        /// It only finds out how much it needs, keeping nothing.
        MEASURING,
        /// Its turn has come.
        LARGE
    }

    private final ResponseBudget budget;
    private final Runnable cancel;
    private Stage stage = Stage.SMALL;
    private boolean countsOnly;
    private boolean charged;
    private long portion = Long.MAX_VALUE;

    // Guarded by the budget.
    long held;
    boolean reserved;
    volatile boolean ended;
    long deadline;
    ResponseBudget.Waiter waiter;

    ResponseShare(ResponseBudget budget, Runnable cancel) {
        super(ResponseBudget.FREE);
        this.budget = budget;
        this.cancel = cancel;
    }

    /// Thrown in the middle of a read: there is no room for what it gathers. The same read can be tried again by
    /// [#await].
    static final class NoRoom extends RuntimeException {
        private final transient ResponseShare share;
        private final long need;

        private NoRoom(ResponseShare share, long need) {
            super("no room for a response of " + need + " bytes", null, false, false);
            this.share = share;
            this.need = need;
        }

        /// Runs `attempt`, the read from its beginning, in its turn.
        void await(Runnable attempt) {
            share.await(need, attempt);
        }
    }

    /// For a response that may come in portions: a read that has gathered `bytes` ends as if a limit had been
    /// reached. It ends at a quarter of the budget in any case.
    public void cutAt(long bytes) {
        portion = Math.max(ResponseBudget.FREE, Math.min(bytes, budget.bytes() / 4));
    }

    /// To be called at the beginning of each attempt to read.
    void begin() {
        restart(Math.max(ResponseBudget.FREE, held));
    }

    /// As [#begin], for a read that is not to keep what it finds, since only its size is wanted.
    void beginCounting() {
        countsOnly = true;
        begin();
    }

    /// To be called when an attempt has read everything.
    void read() {
        if (stage == Stage.MEASURING) {
            if (gathered() > budget.bytes()) {
                throw budget.tooLarge(gathered());
            }
            // A little more, as the store goes on changing.
            throw new NoRoom(this, gathered() + gathered() / 16);
        }
    }

    @Override
    protected boolean keeps() {
        return !countsOnly && stage != Stage.MEASURING;
    }

    @Override
    protected boolean grow(LongSupplier expected) {
        switch (stage) {
            case SMALL -> growSmall(expected);
            case MEASURING -> growMeasured();
            case LARGE -> growLarge();
        }
        return gathered() < portion;
    }

    private void growSmall(LongSupplier expected) {
        if (gathered() <= ResponseBudget.PROBE && budget.takeInPlace(this, ResponseBudget.PROBE)) {
            grant(Math.min(ResponseBudget.PROBE, portion));
            return;
        }
        long need = Math.max(gathered(), Math.min(expected.getAsLong(), portion));
        if (!budget.takeInPlace(this, need)) {
            throw new NoRoom(this, need);
        }
        grant(need);
    }

    /// Nothing is kept, so nothing is needed; but nobody may be there any more who wants to know.
    private void growMeasured() {
        if (ended) {
            throw new NoRoom(this, 0);
        }
        grant(gathered() + LOOK_UP);
    }

    private void growLarge() {
        if (gathered() > budget.bytes()) {
            throw budget.tooLarge(gathered());
        }
        long wanted = Math.min(budget.bytes(), gathered() + gathered() / 8);
        if (!budget.extend(this, wanted)) {
            throw new NoRoom(this, budget.bytes());
        }
        grant(Math.min(wanted, Math.max(portion, gathered())));
    }

    private void await(long need, Runnable attempt) {
        boolean again = stage == Stage.LARGE;
        if (need > budget.bytes() && stage == Stage.SMALL) {
            stage = Stage.MEASURING;
            budget.await(this, 0, false, attempt);
        } else {
            stage = Stage.LARGE;
            budget.await(this, need, again, attempt);
        }
    }

    /// Runs `attempt` once there is room for `size` bytes, in its turn, on a thread for reads: for an answer that is
    /// there and takes room only in the form in which it is sent. Nothing runs when the call ends before its turn.
    /// [#sending] is to follow within `attempt`.
    public void whenRoom(long size, Runnable attempt) {
        charged = true;
        budget.await(this, size, false, attempt);
    }

    /// The response is made and takes `size` bytes in the transport from now on, until [#left] or [#end].
    public void sending(long size) {
        if (size > ResponseBudget.FREE) {
            budget.sending(this, size);
            charged = true;
        } else {
            left();
        }
    }

    /// The transport has sent nearly all of it; more may follow.
    public void left() {
        if (charged || stage != Stage.SMALL || gathered() > ResponseBudget.FREE) {
            budget.left(this);
            charged = false;
            stage = Stage.SMALL;
        }
    }

    /// The call has ended: sent to the last byte, cancelled, or its client is gone.
    public void end() {
        budget.end(this);
    }

    void cancelCall() {
        cancel.run();
    }
}
