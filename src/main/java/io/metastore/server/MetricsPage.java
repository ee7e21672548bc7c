package io.metastore.server;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.function.Supplier;

/// The text of `/metrics`: what Micrometer has collected, and the families that only text can express.
///
/// A family that both have is taken from the text families: no name comes twice.
public final class MetricsPage implements Supplier<byte[]> {
    private static final String HELP = "# HELP ";
    private static final String TYPE = "# TYPE ";

    private final Supplier<String> registry;
    private final TextFamilies families;

    /// @param registry what Micrometer has collected, in Prometheus' format 0.0.4
    public MetricsPage(Supplier<String> registry, TextFamilies families) {
        this.registry = registry;
        this.families = families;
    }

    @Override
    public byte[] get() {
        StringBuilder text = new StringBuilder(128 << 10);
        appendOthers(registry.get(), families.names(), text);
        families.appendTo(text);
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /// Appends the families of `scrape` that are not in `names`.
    private static void appendOthers(String scrape, Set<String> names, StringBuilder text) {
        boolean skipping = false;
        int start = 0;
        while (start < scrape.length()) {
            int end = scrape.indexOf('\n', start) + 1;
            if (end == 0) {
                end = scrape.length();
            }
            if (scrape.startsWith(HELP, start) || scrape.startsWith(TYPE, start)) {
                int name = start + HELP.length();
                skipping = names.contains(scrape.substring(name, scrape.indexOf(' ', name)));
            }
            if (!skipping) {
                text.append(scrape, start, end);
            }
            start = end;
        }
    }
}
