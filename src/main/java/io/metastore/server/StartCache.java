package io.metastore.server;

import java.util.Optional;

/// The cache with which the launcher has Java start. Java leaves it out without a word, as the launcher told it to,
/// where an
/// option does not go with it: a collector or a heap without compressed pointers, a debugger.
final class StartCache {
    /// What the launcher calls the cache; set only when it gave Java one.
    private static final String GIVEN = "aot.cache";

    /// Whether Java took it: `mixed mode, sharing`, else `mixed mode`.
    private static final String JAVA = "java.vm.info";

    private StartCache() {}

    /// A sentence for whoever waits for the start, when Java had a cache and did not take it.
    static Optional<String> leftOut() {
        return leftOut(System.getProperty(GIVEN), System.getProperty(JAVA, ""));
    }

    static Optional<String> leftOut(String cache, String java) {
        return cache == null || java.contains("sharing")
                ? Optional.empty()
                : Optional.of("starting without " + cache
                        + ", which is slower: it does not go with the options in METASTORE_JAVA_OPTS");
    }
}
