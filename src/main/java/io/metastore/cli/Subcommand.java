package io.metastore.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// What the program can do: the first word of the command line.
public enum Subcommand {
    SERVER("runs a member (the default)"),
    LOCAL_CLUSTER("runs several members on this machine, for trying out"),
    CLUSTER("shows how a running cluster is, and replaces a member that is lost"),
    CONFIG("prints the configuration that a server would run with, and where each value comes from"),
    BENCH("loads an etcd-compatible endpoint and measures it, or compares servers"),
    LOG("shows the raft log of a stopped member, and marks an entry that cannot be applied to be skipped"),
    VERSION("prints the versions"),
    HELP("explains a subcommand: metastore help server");

    private final String summary;

    Subcommand(String summary) {
        this.summary = summary;
    }

    public String summary() {
        return summary;
    }

    /// The word on the command line.
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public static List<String> words() {
        return Arrays.stream(values()).map(Subcommand::word).toList();
    }

    public static Optional<Subcommand> named(String word) {
        return Arrays.stream(values())
                .filter(command -> command.word().equals(word))
                .findFirst();
    }
}
