package io.metastore.blackbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/// Collects the outcome of every test that names statements and writes `statements-<target>.tsv` into the build
/// folder: one row per statement, the worst outcome of its tests. The file holds the last run only.
public final class StatementListener implements TestExecutionListener {

    /// Ordered from good to bad; a statement shows the worst one seen, but a pass beats a skip.
    enum Outcome {
        SKIPPED,
        PASSED,
        FAILED;

        Outcome with(Outcome other) {
            return compareTo(other) >= 0 ? this : other;
        }
    }

    private static final Map<String, Outcome> OUTCOMES = new TreeMap<>();

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (test.isTest() || result.getStatus() != TestExecutionResult.Status.SUCCESSFUL) {
            Outcome outcome = switch (result.getStatus()) {
                case SUCCESSFUL -> Outcome.PASSED;
                case ABORTED -> Outcome.SKIPPED;
                case FAILED -> Outcome.FAILED;
            };
            test.getSource().ifPresent(source -> record(source, outcome));
        }
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        test.getSource().ifPresent(source -> record(source, Outcome.SKIPPED));
    }

    @Override
    public void testPlanExecutionFinished(TestPlan plan) {
        synchronized (OUTCOMES) {
            if (!OUTCOMES.isEmpty()) {
                write();
            }
        }
    }

    private static void record(TestSource source, Outcome outcome) {
        List<Method> methods = switch (source) {
            case MethodSource method -> List.of(method.getJavaMethod());
            // A failed or skipped class speaks for all its tests.
            case ClassSource type -> Arrays.asList(type.getJavaClass().getDeclaredMethods());
            default -> List.of();
        };
        synchronized (OUTCOMES) {
            for (Method method : methods) {
                KnownStatements.idsOf(method).forEach(id -> OUTCOMES.merge(id, outcome, Outcome::with));
            }
        }
    }

    private static void write() {
        Path file = Path.of(
                System.getProperty("metastore.home", "."),
                "target",
                "statements-" + MemberTarget.current().label() + ".tsv");
        StringBuilder text = new StringBuilder("# statement\toutcome\n");
        OUTCOMES.forEach((id, outcome) -> text.append(id)
                .append('\t')
                .append(StatementReport.cell(outcome))
                .append('\n'));
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
