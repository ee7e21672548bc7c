package io.metastore.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Plants faults one after the other, runs the test that has to notice each, and prints what came of it:
/// `PlantedFaults PROJECT LIBRARIES SCRATCH [NAME...]`. Ends with status 1 unless each one was caught.
///
/// A test only counts when it passes without the fault, which is tried first.
final class PlantedFaults {
    private final FaultTree tree;
    private final Map<String, Boolean> healthy = new HashMap<>();

    private PlantedFaults(FaultTree tree) {
        this.tree = tree;
    }

    /// How one fault ended.
    private enum Verdict {
        /// The test failed.
        OK("ok"),
        /// The test passed all the same.
        MISSED("MISSED"),
        /// The test did not come to an end.
        NO_END("NO END"),
        /// The test fails or does not run without the fault.
        NO_TEST("NO TEST"),
        /// The change does not fit the sources, or does not compile.
        NO_FAULT("NO FAULT");

        private final String shown;

        Verdict(String shown) {
            this.shown = shown;
        }
    }

    private record Row(FaultCase fault, Verdict verdict, String remark, long seconds) {
        private String shown() {
            String file = Path.of(fault.edits().getFirst().file()).getFileName().toString();
            return String.format(
                    "%-9s %-34s %-24s %4d s  %s%n          %s",
                    verdict.shown, fault.name(), file, seconds, remark, fault.what());
        }
    }

    public static void main(String[] args) throws Exception {
        Path project = Path.of(args[0]).toAbsolutePath().normalize();
        String libraries = Files.readString(Path.of(args[1])).strip();
        Path scratch = Path.of(args[2]).toAbsolutePath();
        List<String> wanted = List.of(args).subList(3, args.length);
        List<FaultCase> cases = chosen(FaultCase.all(project.resolve("src/test/faults/cases")), wanted);
        PlantedFaults faults = new PlantedFaults(new FaultTree(project, libraries, scratch));
        long started = System.nanoTime();
        List<Row> rows = new ArrayList<>();
        for (FaultCase fault : cases) {
            Row row = faults.plant(fault);
            System.out.println(row.shown());
            rows.add(row);
        }
        long caught = rows.stream().filter(row -> row.verdict() == Verdict.OK).count();
        System.out.printf(
                "%d faults planted, %d caught, %d not, in %d s%n",
                rows.size(), caught, rows.size() - caught, seconds(started));
        System.exit(caught == rows.size() && caught > 0 ? 0 : 1);
    }

    private static List<FaultCase> chosen(List<FaultCase> all, List<String> wanted) {
        if (wanted.isEmpty()) {
            return all;
        }
        Set<String> names = Set.copyOf(wanted);
        List<FaultCase> chosen =
                all.stream().filter(fault -> names.contains(fault.name())).toList();
        if (chosen.size() != names.size()) {
            throw new IllegalArgumentException("not all of these are there: " + wanted);
        }
        return chosen;
    }

    private Row plant(FaultCase fault) throws IOException, InterruptedException {
        long started = System.nanoTime();
        FaultTree.Place place;
        try {
            place = tree.planted(fault);
        } catch (IllegalArgumentException e) {
            return new Row(fault, Verdict.NO_FAULT, e.getMessage(), seconds(started));
        }
        if (!passesWithout(fault)) {
            return new Row(fault, Verdict.NO_TEST, fault.test(), seconds(started));
        }
        TestRun.Result result = TestRun.of(tree, place, fault.test(), fault.java());
        String test = simple(fault.testClass());
        if (result.failed()) {
            return new Row(fault, Verdict.OK, test + "." + result.failures().getFirst(), seconds(started));
        }
        Verdict verdict = result.ended() ? Verdict.MISSED : Verdict.NO_END;
        return new Row(fault, verdict, test + " (see " + place.folder().resolve("output.log") + ")", seconds(started));
    }

    private boolean passesWithout(FaultCase fault) throws IOException, InterruptedException {
        String run = fault.test() + " " + String.join(" ", fault.java());
        Boolean known = healthy.get(run);
        if (known == null) {
            FaultTree.Place place = tree.healthy("healthy-" + healthy.size());
            known = TestRun.of(tree, place, fault.test(), fault.java()).passed();
            healthy.put(run, known);
        }
        return known;
    }

    private static String simple(String className) {
        return className.substring(className.lastIndexOf('.') + 1);
    }

    private static long seconds(long startedNanos) {
        return (System.nanoTime() - startedNanos) / 1_000_000_000;
    }
}
