package io.metastore.mvcc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A read asks for memory as it goes.
class AllowanceTest {
    private static final int KEYS = 1_000;
    /// A key `k0000` with a value of 100 bytes.
    private static final int PAIR = Allowance.PAIR_BYTES + 5 + 100;

    private StoreFolder folder;
    private MvccStore store;

    @BeforeEach
    void fill(@TempDir Path parent) throws Exception {
        folder = new StoreFolder(parent);
        StoreFixture fixture = new StoreFixture(folder.open());
        store = fixture.store();
        for (int i = 0; i < KEYS; i++) {
            fixture.put("k%04d".formatted(i), "v".repeat(100));
        }
    }

    @AfterEach
    void close() throws Exception {
        store.close();
        folder.close();
    }

    /// Grants what it is told to and notes what it was asked.
    private static final class Noted extends Allowance {
        private final List<Long> asked = new ArrayList<>();
        private final List<Long> expected = new ArrayList<>();
        private long step;
        private long cutAt = Long.MAX_VALUE;
        private boolean keeps = true;
        private RuntimeException refusal;

        private Noted(long granted, long step) {
            super(granted);
            this.step = step;
        }

        @Override
        protected boolean keeps() {
            return keeps;
        }

        @Override
        protected boolean grow(LongSupplier estimate) {
            asked.add(gathered());
            expected.add(estimate.getAsLong());
            if (refusal != null) {
                throw refusal;
            }
            grant(gathered() + step);
            return gathered() < cutAt;
        }
    }

    private RangeResult read(RangeQuery query, Allowance allowance) throws RevisionUnavailable {
        try (View view = store.view()) {
            return view.range(query, allowance);
        }
    }

    private static RangeQuery all(long limit) {
        return RangeQuery.all(KeyRange.ALL).withRange(KeyRange.ALL, limit, 0);
    }

    @Test
    void aSmallReadAsksForNothing() throws RevisionUnavailable {
        Noted allowance = new Noted(10 * PAIR, 0);
        assertEquals(9, read(all(9), allowance).keyValues().size());
        assertEquals(List.of(), allowance.asked);
        // The limit and the one that tells that there is more.
        assertEquals(10 * PAIR, allowance.gathered());
    }

    @Test
    void itIsAskedWhenWhatWasGrantedIsUsedUpAndGuessesWhatWillBeNeeded() throws RevisionUnavailable {
        Noted allowance = new Noted(10 * PAIR, 400 * PAIR);
        RangeResult result = read(all(0), allowance);
        assertEquals(KEYS, result.keyValues().size());
        assertFalse(result.more());
        assertEquals(List.of(11L * PAIR, 412L * PAIR, 813L * PAIR), allowance.asked);
        assertEquals(List.of((long) KEYS * PAIR, (long) KEYS * PAIR, (long) KEYS * PAIR), allowance.expected);
        assertEquals((long) KEYS * PAIR, allowance.gathered());
    }

    @Test
    void aLimitBoundsTheGuess() throws RevisionUnavailable {
        Noted allowance = new Noted(10 * PAIR, KEYS * PAIR);
        assertEquals(99, read(all(99), allowance).keyValues().size());
        assertEquals(List.of(100L * PAIR), allowance.expected);
        Noted unbounded = new Noted(10 * PAIR, KEYS * PAIR);
        assertEquals(KEYS, read(all(Long.MAX_VALUE), unbounded).keyValues().size());
        assertEquals(List.of((long) KEYS * PAIR), unbounded.expected);
    }

    /// A transaction reads several ranges one after the other.
    @Test
    void theGuessAddsToWhatOtherRangesTook() throws RevisionUnavailable {
        Noted allowance = new Noted(400 * PAIR, KEYS * PAIR);
        read(all(299), allowance);
        read(all(299), allowance);
        assertEquals(List.of(401L * PAIR), allowance.asked);
        assertEquals(List.of(600L * PAIR), allowance.expected);
    }

    @Test
    void aSingleKeyIsCountedToo() throws RevisionUnavailable {
        Noted allowance = new Noted(PAIR - 1, 0);
        RangeQuery single = RangeQuery.all(KeyRange.single(Bytes.utf8("k0007")));
        assertEquals(1, read(single, allowance).keyValues().size());
        assertEquals(List.of((long) PAIR), allowance.asked);
    }

    @Test
    void whatItThrowsEndsTheRead() {
        Noted allowance = new Noted(10 * PAIR, 0);
        allowance.refusal = new IllegalStateException("no room");
        assertThrows(IllegalStateException.class, () -> read(all(0), allowance));
    }

    @Test
    void aReadThatIsCutShortSaysThatThereIsMore() throws RevisionUnavailable {
        Noted allowance = new Noted(10 * PAIR, 0);
        allowance.cutAt = 20 * PAIR;
        RangeResult cut = read(all(0), allowance);
        assertEquals(20, cut.keyValues().size());
        assertTrue(cut.more());
        assertEquals(KEYS, cut.count());
        Noted exact = new Noted((KEYS - 1) * PAIR, 0);
        exact.cutAt = 0;
        RangeResult whole = read(all(0), exact);
        assertEquals(KEYS, whole.keyValues().size());
        assertFalse(whole.more());
    }

    @Test
    void aReadThatOnlyMeasuresKeepsNothing() throws RevisionUnavailable {
        Noted allowance = new Noted(Long.MAX_VALUE, 0);
        allowance.keeps = false;
        assertEquals(List.of(), read(all(0), allowance).keyValues());
        assertEquals((long) KEYS * PAIR, allowance.gathered());
    }
}
