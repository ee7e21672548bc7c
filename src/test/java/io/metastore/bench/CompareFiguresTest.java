package io.metastore.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.client.UsageException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CompareFiguresTest {
    @Test
    void ratiosArePairedBeforeTheirMedianIsTaken() {
        // The machine got three times slower half-way; pair by pair the second is a tenth dearer.
        Ratio ratio = Ratio.of(new double[] {110, 110, 330, 330, 363}, new double[] {100, 100, 300, 300, 300});
        assertEquals(1.1, ratio.median(), 1e-9);
        assertEquals(1.1, ratio.least(), 1e-9);
        assertEquals(1.21, ratio.most(), 1e-9);
        assertEquals("1.10 (1.10–1.21)", ratio.toString());
        assertTrue(Ratio.of(new double[] {0.93}, new double[] {1}).within(0.93, 1.07));
        assertFalse(ratio.within(0.93, 1.07));
    }

    @Test
    void aPairWithoutAReferenceIsLeftOut() {
        assertEquals(1, Ratio.of(new double[] {5, 8}, new double[] {0, 4}).pairs());
        assertEquals("–", Ratio.of(new double[] {5}, new double[] {0}).toString());
    }

    @Test
    void medianOfEvenAndOdd() {
        assertEquals(2, Ratio.median(new double[] {3, 1, 2}));
        assertEquals(2.5, Ratio.median(new double[] {4, 1, 2, 3}));
        assertTrue(Double.isNaN(Ratio.median(new double[0])));
    }

    @Test
    void aSideHasEnvironmentJvmOptionsAndFlags() {
        Side side = Side.parse("small=metastore@/opt/ms A=1 OPTS='-x -y' -J-Xmx256m --batch-max-commands=10");
        assertEquals("small", side.name());
        assertEquals(Side.Kind.METASTORE, side.kind());
        assertEquals("/opt/ms", side.program().orElseThrow().toString());
        assertEquals(Map.of("A", "1", "OPTS", "-x -y"), side.environment());
        assertEquals(List.of("-Xmx256m"), side.jvm());
        assertEquals(List.of("--batch-max-commands=10"), side.flags());
        assertThrows(UsageException.class, () -> Side.parse("metastore"));
    }

    @Test
    void twinsAreRecognised() {
        assertTrue(Side.parse("b=etcd").sameAs(Side.parse("a=etcd")));
        assertFalse(Side.parse("b=etcd --snapshot-count 5").sameAs(Side.parse("a=etcd")));
    }

    @Test
    void cpuTimeIsReadBehindANameWithSpacesAndBrackets() {
        assertEquals(
                10,
                ProcessUsage.cpuTicks(
                        "7 (a b) c) S 1 7 7 0 -1 4194560 100 0 0 0 1 2 3 4 20 0 5 0 100 1000 10 18446744073709551615"));
    }

    @Test
    void thisProcessHasUsedSomething() throws IOException {
        ProcessUsage before = ProcessUsage.of(ProcessHandle.current());
        assertTrue(before.cpuNanos() > 0);
        assertTrue(before.peakRssBytes() > 10_000_000);
        ProcessUsage since = ProcessUsage.of(ProcessHandle.current()).since(before);
        assertTrue(since.cpuNanos() >= 0 && since.cpuNanos() < before.cpuNanos() + 10_000_000_000L);
    }
}
