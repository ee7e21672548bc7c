package io.metastore.cli;

import java.util.Collection;
import java.util.Optional;

/// Finds the known name that a misspelt one was probably meant to be.
public final class Nearest {
    private Nearest() {}

    /// The name with the fewest single-letter changes (insert, delete, replace, swap two neighbours); empty
    /// when even the
    /// best would change more than a third of the word.
    public static Optional<String> to(String word, Collection<String> names) {
        String best = null;
        int fewest = Math.max(2, word.length() / 3) + 1;
        for (String name : names) {
            int changes = changes(word, name);
            if (changes < fewest) {
                fewest = changes;
                best = name;
            }
        }
        return Optional.ofNullable(best);
    }

    static int changes(String from, String to) {
        int[][] cost = new int[from.length() + 1][to.length() + 1];
        for (int i = 0; i <= from.length(); i++) {
            for (int j = 0; j <= to.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                int replaced = cost[i - 1][j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                cost[i][j] = Math.min(replaced, 1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
                if (i > 1
                        && j > 1
                        && from.charAt(i - 1) == to.charAt(j - 2)
                        && from.charAt(i - 2) == to.charAt(j - 1)) {
                    cost[i][j] = Math.min(cost[i][j], 1 + cost[i - 2][j - 2]);
                }
            }
        }
        return cost[from.length()][to.length()];
    }
}
