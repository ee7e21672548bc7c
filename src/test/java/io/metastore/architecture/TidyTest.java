package io.metastore.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Small files, short methods, nothing left to be done, nothing that belongs to one machine only.
class TidyTest {
    private static final int FILE_LINES_MAX = 500;
    private static final int METHOD_LINES_MAX = 60;

    private static final Pattern LEFT_OVER = Pattern.compile("\\b(" + "FIX" + "ME|TO" + "DO|X" + "XX)\\b");
    private static final Pattern MACHINE = Pattern.compile("(^|[\"'\\s=(:])/(wo" + "rk|ro" + "ot|ho" + "me)/\\w");
    private static final Pattern REGISTRY = Pattern.compile(
            "repo1?\\.mav" + "en|mav" + "en\\.org|pyp" + "i\\.org|registry\\.np" + "mjs|proxy\\.gol" + "ang|crat" + "es\\.io|jcen" + "ter");

    private static final Set<String> SKIPPED = Set.of(".git", "target", ".mvn", "node_modules", ".idea");
    private static final Set<String> TEXTS =
            Set.of("java", "proto", "md", "xml", "properties", "yaml", "yml", "sh", "json", "txt", "tsv", "toml");

    private static Stream<Path> files(Path folder) {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry : entries.sorted().toList()) {
                if (!Files.isDirectory(entry)) {
                    found.add(entry);
                } else if (!SKIPPED.contains(entry.getFileName().toString())) {
                    files(entry).forEach(found::add);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found.stream();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (CharacterCodingException _) {
            return "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void assertNoneInSources(String folder, BiConsumer<SourceFile, List<String>> check) {
        List<String> wrong = new ArrayList<>();
        List<Path> sources =
                files(Path.of(folder)).filter(file -> file.toString().endsWith(".java")).toList();
        assertTrue(sources.size() > 40, "sources found");
        for (Path source : sources) {
            List<String> here = new ArrayList<>();
            check.accept(new SourceFile(read(source)), here);
            here.forEach(what -> wrong.add(source + ": " + what));
        }
        assertEquals("", String.join("\n", wrong));
    }

    @Test
    void filesAreSmall() {
        assertNoneInSources("src", (file, wrong) -> {
            if (file.lines() > FILE_LINES_MAX) {
                wrong.add(file.lines() + " lines");
            }
        });
    }

    @Test
    void methodsAreShort() {
        assertNoneInSources("src", (file, wrong) -> {
            for (SourceFile.Method method : file.methods()) {
                if (method.lines() > METHOD_LINES_MAX) {
                    wrong.add(method.lines() + " lines: " + method.header());
                }
            }
        });
    }

    @Test
    void publicTypesSayWhatTheyAre() {
        assertNoneInSources("src/main/java", (file, wrong) -> wrong.addAll(file.undocumented()));
    }

    @Test
    void nothingIsLeftOverAndNothingBelongsToOneMachine() {
        List<String> wrong = new ArrayList<>();
        files(Path.of("")).filter(TidyTest::isText).forEach(file -> {
            String text = read(file);
            for (Pattern pattern : List.of(LEFT_OVER, MACHINE, REGISTRY)) {
                text.lines()
                        .filter(line -> pattern.matcher(line).find())
                        .forEach(line -> wrong.add(file + ": " + line.strip()));
            }
        });
        assertEquals("", String.join("\n", wrong));
    }

    private static boolean isText(Path file) {
        String name = file.getFileName().toString();
        return TEXTS.contains(name.substring(name.lastIndexOf('.') + 1)) || name.equals("Dockerfile");
    }

    @Test
    void whatIsUntidyIsSeen() {
        String longMethod = "class A {\n    void a(int b)\n            throws E {\n" + "        x(\"{\");\n".repeat(70) + "    }\n}\n";
        SourceFile untidy = new SourceFile("/// Said.\npublic class Said {\n    public record Unsaid() {}\n}\n" + longMethod);
        assertEquals(List.of("Unsaid"), untidy.undocumented());
        assertEquals(73, untidy.methods().getFirst().lines());
        assertTrue(LEFT_OVER.matcher("// TO" + "DO later").find());
        assertTrue(MACHINE.matcher("\"/wo" + "rk/main\"").find());
    }
}
