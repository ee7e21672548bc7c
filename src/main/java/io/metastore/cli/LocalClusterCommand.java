package io.metastore.cli;

import io.metastore.local.ClusterFolder;
import io.metastore.local.Layout;
import io.metastore.local.LocalCluster;
import io.metastore.local.LocalFailure;
import io.metastore.local.LocalMember;
import io.metastore.local.OwnCommand;
import io.metastore.server.ExitStatus;
import io.metastore.server.ServerConfig;
import java.io.PrintStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;

/// `metastore local-cluster`: members of one cluster as children of this process, for whoever wants to try one.
final class LocalClusterCommand {
    private static final int OK = 0;
    private static final int STANDARD_COUNT = 3;
    private static final int STANDARD_PORT = 2379;
    private static final String STANDARD_FOLDER = "metastore-cluster";
    private static final Set<String> VALUED = Set.of("members", "data-dir", "first-port");

    private final Map<String, String> environment;
    private final Properties properties;
    private final PrintStream out;
    private final PrintStream err;

    LocalClusterCommand(Map<String, String> environment, Properties properties, PrintStream out, PrintStream err) {
        this.environment = environment;
        this.properties = properties;
        this.out = out;
        this.err = err;
    }

    /// @return the exit status
    int run(List<String> words) {
        int dashes = words.indexOf("--");
        List<String> own = dashes < 0 ? words : words.subList(0, dashes);
        List<String> further = dashes < 0 ? List.of() : words.subList(dashes + 1, words.size());
        if (CommandFlags.askForHelp(own)) {
            out.print(help());
            out.flush();
            return OK;
        }
        try {
            return run(CommandFlags.parse(own, VALUED, Set.of()), further);
        } catch (CommandFlags.Refused refused) {
            return refuse(
                    ExitStatus.USAGE.code(), refused.getMessage() + " ('metastore help local-cluster' explains more)");
        } catch (LocalFailure failure) {
            return refuse(status(failure), failure.getMessage());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return refuse(ExitStatus.FAILED.code(), "interrupted");
        }
    }

    private int refuse(int status, String why) {
        err.println("metastore: local-cluster: " + why);
        err.flush();
        return status;
    }

    private static int status(LocalFailure failure) {
        return switch (failure.reason()) {
            case PORT -> ExitStatus.ADDRESS.code();
            case IN_USE -> ExitStatus.IN_USE.code();
            case FOREIGN -> ExitStatus.FOREIGN.code();
            case DATA_DIR -> ExitStatus.DATA_DIR.code();
            case MEMBER -> failure.memberStatus() == OK ? ExitStatus.FAILED.code() : failure.memberStatus();
        };
    }

    private int run(CommandFlags flags, List<String> further) throws InterruptedException {
        Path folder = folder(flags);
        checkOwn(further);
        // Flags first: what cannot be leaves no folder behind.
        checkFlags(layout(flags, folder, Optional.empty()), further);
        try (ClusterFolder held = ClusterFolder.open(folder)) {
            Optional<Layout> remembered = held.remembered();
            Layout layout = layout(flags, folder, remembered);
            List<String> program = OwnCommand.upTo(Subcommand.LOCAL_CLUSTER.word());
            note(layout);
            return new LocalCluster(layout, member -> command(program, layout, member, further), out)
                    .run(held, remembered.isPresent());
        }
    }

    private static Path folder(CommandFlags flags) {
        String folder = flags.has("data-dir") ? flags.text("data-dir") : STANDARD_FOLDER;
        try {
            return Path.of(folder);
        } catch (InvalidPathException impossible) {
            throw new CommandFlags.Refused("--data-dir: " + impossible.getMessage());
        }
    }

    /// What was asked for, held against what is there.
    private static Layout layout(CommandFlags flags, Path folder, Optional<Layout> remembered) {
        long count = flags.numberOr("members", remembered.map(Layout::count).orElse(STANDARD_COUNT));
        if (count > Layout.MEMBERS_MAX) {
            throw new CommandFlags.Refused("--members " + count + " is too many: type a number from 1 to "
                    + Layout.MEMBERS_MAX + ", best an odd one");
        }
        long port = flags.numberOr(
                "first-port", remembered.map(Layout::firstClientPort).orElse(STANDARD_PORT));
        if (port > 65_535) {
            throw new CommandFlags.Refused("--first-port " + port + " is no port: type a number from 1 to 65535");
        }
        remembered.ifPresent(known -> known.checkCount((int) count));
        Layout layout = remembered
                .map(known -> known.withClientsFrom((int) port))
                .orElseGet(() -> Layout.ofFirstPort(folder, (int) count, (int) port));
        layout.problem().ifPresent(problem -> {
            throw new CommandFlags.Refused(problem);
        });
        return layout;
    }

    private void note(Layout layout) {
        if (layout.count() % 2 == 0) {
            out.println("note: " + layout.count() + " members stand the loss of " + layout.spare() + ", as "
                    + (layout.count() - 1) + " do: an odd number is better");
        }
    }

    private static void checkOwn(List<String> further) {
        for (String word : further) {
            String name = word.replaceFirst("^--?", "").replaceFirst("=.*", "");
            if (word.startsWith("-") && Layout.OWN_FLAGS.contains(name)) {
                throw new CommandFlags.Refused(word + " behind -- is local-cluster's own to say: leave it out"
                        + (name.equals("data-dir") ? ", and type --data-dir before the --" : ""));
            }
        }
    }

    /// Reads what the members would be started with as they would: a refusal comes at once and once.
    private void checkFlags(Layout layout, List<String> further) {
        Settings settings = Settings.read(layout.flags(layout.members().getFirst(), further), environment, properties);
        if (settings.help() || settings.version()) {
            throw new CommandFlags.Refused("--help and --version are no flags for members: type them before the --");
        }
        List<String> problems = new ArrayList<>(settings.problems());
        settings.config().map(ServerConfig::listen).ifPresent(listen -> {
            if (listen.listenMetricsUrls().filter(urls -> !urls.isEmpty()).isPresent()) {
                problems.add(
                        "listen-metrics-urls: all members would listen there. Leave it out: each serves /metrics at"
                                + " its address for clients");
            }
        });
        settings.config().map(ServerConfig::listen).ifPresent(listen -> {
            if (listen.listenClientHttpUrls().filter(urls -> !urls.isEmpty()).isPresent()) {
                problems.add("listen-client-http-urls: all members would listen there. Leave it out: each serves HTTP"
                        + " at its address for clients");
            }
        });
        settings.warnings().forEach(sentence -> err.println("metastore: warning: " + sentence));
        if (!problems.isEmpty()) {
            throw new CommandFlags.Refused("the members were not started:\n  " + String.join("\n  ", problems) + "\n");
        }
    }

    private static List<String> command(List<String> program, Layout layout, LocalMember member, List<String> further) {
        List<String> command = new ArrayList<>(program);
        command.add(Subcommand.SERVER.word());
        command.addAll(layout.flags(member, further));
        return command;
    }

    static String help() {
        return """
                Usage: metastore local-cluster [--members N] [--data-dir DIR] [--first-port N] [-- FLAGS OF SERVER]

                Runs the members of one cluster on this machine, on 127.0.0.1, each a process of its own, until Ctrl-C or
                SIGTERM. Prints where each of them is, which one leads, and a line for etcdctl. For trying out, and for
                tests: real members stand on machines of their own ('metastore help server').

                  --members N      1 to 9 members, best an odd number (default: 3, or as many as the data has)
                  --data-dir DIR   holds everything (default: ./metastore-cluster): DIR/m1 is the data of member m1,
                                   DIR/m1.log what it says
                  --first-port N   m1 listens for clients at N and for the other members at N + 1, m2 at N + 2 and N + 3,
                                   and so on (default: 2379). With data that is there, it moves the ports for clients
                                   only: the members know each other by the ports they began with
                  -- FLAGS         every member gets these as well, such as --metastore.storage.engine=memory

                The same command starts them again on their data. Number and ports are kept there, flags behind -- are not.
                The members are run as this program is: the options in METASTORE_JAVA_OPTS are for each of them, and each
                may take a quarter of the machine's memory for its heap unless there is an -Xmx.

                When a member dies, its status and last lines are printed and the others go on. At Ctrl-C the members are
                ended one by one, the leader last. Each has %d s, then it is killed; Ctrl-C again kills all at once. When
                this process is killed, its members end by themselves, in order.

                Exit status: 130 after Ctrl-C, 143 after SIGTERM; 2 the command line was refused; 69 a port is taken; 73 the
                folder cannot be written; 75 a cluster runs on it already; 78 it has another number of members, or is that
                of a single member; 1 no leader within %d s, or no member could be started. When a member ends at its start,
                or the last one later, its status.
                """.formatted(LocalCluster.STOP_LIMIT.toSeconds(), LocalCluster.START_LIMIT.toSeconds());
    }
}
