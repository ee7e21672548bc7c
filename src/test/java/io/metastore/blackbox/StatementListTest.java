package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class StatementListTest {

    private static final StatementList LIST = StatementList.fromResources();

    @Test
    void listsEveryStatementOfEveryGroup() {
        Map<String, Long> sizes = LIST.rows().stream()
                .collect(Collectors.groupingBy(StatementList.Row::group, TreeMap::new, Collectors.counting()));

        assertEquals(
                "{ALM=11, AUT=34, CLU=21, CMP=14, ELE=8, GEN=27, GWY=13, HTH=9, K8S=18, KVD=5, KVP=10, KVR=28, LCK=9, "
                        + "LEA=30, LIM=9, MET=27, MNT=25, RST=17, TXN=30, VER=4, WAT=44}",
                sizes.toString());
    }

    @Test
    void everyAnnotationNamesAListedStatement() {
        JavaClasses classes = new ClassFileImporter().importPackages(Statement.class.getPackageName());
        List<String> unlisted = new ArrayList<>();
        classes.stream()
                .filter(type -> type.getSimpleName().endsWith("IT"))
                .flatMap(type -> Arrays.stream(type.reflect().getDeclaredMethods()))
                .forEach(method -> unlisted(method, unlisted));

        assertEquals(List.of(), unlisted);
    }

    private static void unlisted(Method method, List<String> unlisted) {
        for (String id : KnownStatements.idsOf(method)) {
            if (!LIST.contains(id)) {
                unlisted.add(id + " on " + method);
            }
        }
    }

    @Test
    void refusesMalformedRows() {
        assertThrows(IllegalArgumentException.class, () -> StatementList.parse(List.of("KVR-01\tcovered")));
        assertThrows(IllegalArgumentException.class, () -> StatementList.parse(List.of("KVR-01\tlater\t")));
        assertThrows(IllegalArgumentException.class, () -> StatementList.parse(List.of("KVR-01\tperhaps\twhy")));
        assertThrows(
                IllegalArgumentException.class,
                () -> StatementList.parse(List.of("KVR-01\tcovered\t", "KVR-01\tcovered\t")));
    }

    @Test
    void reportIsContentWhenEveryPromiseIsKept() {
        StatementReport report = report("KVR-01\tcovered\t", "KVR-02\texception\twhy", "KVR-03\tlater\twhy");
        report.add("etcd", List.of("KVR-01\tpassed"));
        report.add("MetaStore", List.of("KVR-01\tpassed"));

        ByteArrayOutputStream text = new ByteArrayOutputStream();

        assertEquals(0, report.print(new PrintStream(text, true, StandardCharsets.UTF_8)));
        assertTrue(text.toString(StandardCharsets.UTF_8).contains("KVR  1 of 2 covered, 1 exceptions, 1 later"));
    }

    @Test
    void reportComplainsAboutMissingFailedUnlistedAndTooManyExceptions() {
        StatementReport report = report(
                "KVR-01\tcovered\t",
                "KVR-02\tcovered\t",
                "KVP-01\texception\twhy",
                "KVP-02\texception\twhy",
                "KVP-03\tcovered\t");
        report.add("etcd", List.of());
        report.add("MetaStore", List.of("KVR-01\tfailed", "KVR-99\tpassed", "KVP-03\tpassed"));

        ByteArrayOutputStream text = new ByteArrayOutputStream();

        assertEquals(1, report.print(new PrintStream(text, true, StandardCharsets.UTF_8)));
        String printed = text.toString(StandardCharsets.UTF_8);
        for (String complaint : List.of(
                "KVR-01 on MetaStore: failed",
                "KVR-02 on MetaStore: neither a test nor an exception",
                "KVR-99 is not a listed statement",
                "KVP has 2 exceptions among 3 statements")) {
            assertTrue(printed.contains("NOT MET: " + complaint), printed);
        }
        assertFalse(printed.contains("on etcd"), printed);
    }

    private static StatementReport report(String... rows) {
        return new StatementReport(StatementList.parse(List.of(rows)));
    }
}
