package io.metastore.failover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.failover.History.Answer;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Histories of a good store pass, those of broken ones do not.
class HistoryTest {
    private final History history = new History();
    private final Register register = history.register("a");
    private long revision = 1;

    private Answer at(long revision) {
        return new Answer(0xa1, 2, revision);
    }

    private void acknowledge() {
        register.put().acknowledged(at(++revision));
    }

    private void readOf(Register.Get read, long value) {
        read.returned(value, value, at(revision));
    }

    private void assertFound(String... texts) {
        List<String> found = history.violations();
        assertEquals(texts.length, found.size(), found::toString);
        for (int i = 0; i < texts.length; i++) {
            String text = texts[i];
            assertTrue(found.get(i).contains(text), found::toString);
        }
    }

    @Test
    void aGoodStorePasses() {
        readOf(register.get(), 0);
        acknowledge();
        Register.Get during = register.get();
        acknowledge();
        readOf(register.get(), 2);
        // It began before the second put was acknowledged and may have been answered before it, too.
        during.returned(1, 1, at(2));
        Register.Put last = register.put();
        readOf(register.get(), 2);
        last.unknown();
        readOf(register.get(), 2);
        register.found(2, 2, "m1");
        register.found(3, 3, "m1");
        assertFound();
    }

    @Test
    void aLostWriteIsCaught() {
        acknowledge();
        acknowledge();
        register.found(1, 1, "m3");
        assertFound("stale: final read of a returned 1 by m3, after put of a = 2, acknowledged");
    }

    @Test
    void aLostKeyIsCaught() {
        acknowledge();
        register.found(0, 0, "m3");
        assertFound("stale: final read of a returned 0");
    }

    @Test
    void aStaleReadIsCaught() {
        acknowledge();
        acknowledge();
        register.get().returned(1, 1, at(revision));
        assertFound("stale: read of a returned 1 by member a1, term 2, revision 3, after put of a = 2, acknowledged");
    }

    @Test
    void aReadThatGoesBackwardsIsCaught() {
        acknowledge();
        Register.Put unknown = register.put();
        readOf(register.get(), 2);
        readOf(register.get(), 1);
        unknown.unknown();
        assertFound("stale: read of a returned 1 by member a1, term 2, revision 2, after read of a = 2, returned");
    }

    /// Two readers at once may see old and new, in any order.
    @Test
    void readsAtOnceMayDiffer() {
        acknowledge();
        Register.Get one = register.get();
        Register.Get other = register.get();
        register.put().unknown();
        readOf(one, 2);
        readOf(other, 1);
        assertFound();
    }

    @Test
    void aReadThatForgetsWhatTheLastReaderSawIsCaughtAtTheEnd() {
        acknowledge();
        register.put().unknown();
        readOf(register.get(), 2);
        register.found(1, 1, "m1");
        assertFound("stale: final read of a returned 1");
    }

    @Test
    void aPutThatIsAppliedTwiceIsCaught() {
        acknowledge();
        register.get().returned(1, 2, at(revision));
        assertFound("doubled: read of a returned 1");
    }

    @Test
    void aRefusedPutThatIsAppliedIsCaught() {
        acknowledge();
        register.put().refused();
        readOf(register.get(), 2);
        assertFound("from nowhere: read of a returned 2");
    }

    @Test
    void aRefusedPutIsMadeAgain() {
        register.put().refused();
        acknowledge();
        readOf(register.get(), 1);
        assertFound();
    }

    /// A member that lags behind is caught even by a reader of a key that did not change.
    @Test
    void anOldRevisionIsCaught() {
        Register other = history.register("b");
        acknowledge();
        acknowledge();
        other.get().returned(0, 0, at(2));
        assertFound("read of b got revision 2, at least 3 was due after put of a = 2");
    }

    @Test
    void aRevisionThatTwoPutsShareIsCaught() {
        Register other = history.register("b");
        acknowledge();
        other.put().acknowledged(at(revision));
        assertFound("put of b = 1 got revision 2, at least 3 was due after put of a = 1");
    }

    @Test
    void nothingIsWrittenBehindAPutOfUnknownFate() {
        register.put().unknown();
        assertThrows(IllegalStateException.class, register::put);
    }

    @Test
    void aKeyHasOneWriter() {
        assertThrows(IllegalArgumentException.class, () -> history.register("a"));
    }

    @Test
    void manyViolationsAreCounted() {
        acknowledge();
        for (int i = 0; i < 30; i++) {
            register.found(0, 0, "m1");
        }
        assertEquals("and 10 more", history.violations().getLast());
    }
}
