package io.metastore.faults;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/// Runs one test class or method in this JVM and writes how it ended: `RunTests TEST RESULT-FILE`. The file
/// gets a line with the number of tests that ran and of those that failed, then a line for each failure.
final class RunTests {
    private RunTests() {}

    public static void main(String[] args) throws IOException, ClassNotFoundException {
        String test = args[0];
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selector(test))
                .build();
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request, listener);
        TestExecutionSummary summary = listener.getSummary();
        summary.printFailuresTo(new PrintWriter(System.out, true), 20);
        StringBuilder result = new StringBuilder();
        result.append(summary.getTestsStartedCount())
                .append(' ')
                .append(summary.getTotalFailureCount())
                .append('\n');
        summary.getFailures()
                .forEach(failure -> result.append(failure.getTestIdentifier()
                                .getLegacyReportingName()
                                .replaceAll("\\(.*", ""))
                        .append('\n'));
        Files.writeString(Path.of(args[1]), result);
        // Threads that a broken program left behind shall not keep this process.
        Runtime.getRuntime().halt(0);
    }

    /// A method is found by its name, whatever its parameters.
    private static DiscoverySelector selector(String test) throws ClassNotFoundException {
        String[] parts = test.split("#", 2);
        Class<?> type = Class.forName(parts[0]);
        if (parts.length == 1) {
            return selectClass(type);
        }
        for (Method method : type.getDeclaredMethods()) {
            if (method.getName().equals(parts[1])) {
                return selectMethod(type, method);
            }
        }
        throw new IllegalArgumentException("there is no " + test);
    }
}
