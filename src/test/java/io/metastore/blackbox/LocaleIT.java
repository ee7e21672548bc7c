package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is not ASCII on the command line and in variables, where no locale says how to read it: services and
/// containers have none. etcd reads UTF-8 whatever the locale. `-Dmetastore.executable=FILE` looks at a native
/// executable instead of the launcher.
class LocaleIT {
    private static final List<Map<String, String>> LOCALES =
            List.of(Map.of(), Map.of("LANG", "C"), Map.of("LC_ALL", "POSIX"), Map.of("LANG", "xx_XX.UTF-8"));

    @TempDir
    Path folder;

    /// Words and variables are written in octal: the test's own locale shall not matter.
    private String config(Map<String, String> locale) throws Exception {
        String program =
                Optional.ofNullable(System.getProperty("metastore.executable")).orElse("bin/metastore");
        ProcessBuilder builder = new ProcessBuilder(
                "sh", "-c", """
                ETCD_NAME=$(printf 'n\\303\\244me\\342\\202\\254') export ETCD_NAME
                exec "$0" config --data-dir "$1/$(printf 'd\\303\\244')" \
                  --warning-unary-request-duration "$(printf '1\\302\\265s')"
                """, Path.of(program).toAbsolutePath().toString(), folder.toString());
        builder.environment().keySet().removeIf(name -> name.equals("LANG") || name.startsWith("LC_"));
        builder.environment().putAll(locale);
        builder.redirectErrorStream(true);
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), out);
        return out;
    }

    @Test
    void readsAndPrintsUtf8() throws Exception {
        for (Map<String, String> locale : LOCALES) {
            String printed = config(locale);
            assertTrue(printed.contains("/d\u00e4 "), () -> locale + ": " + printed);
            assertTrue(printed.contains(" 1\u00b5s "), () -> locale + ": " + printed);
            assertTrue(printed.contains(" n\u00e4me\u20ac "), () -> locale + ": " + printed);
        }
    }
}
