package io.metastore.cli;

import io.metastore.bench.BenchCommand;
import io.metastore.server.ServerConfig;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.eclipse.microprofile.config.spi.ConfigSource;

/// Reads a command line and does what needs no server. A refusal goes to the error stream, with every
/// objection at once.
public final class CommandLine {
    private final Map<String, String> environment;
    private final Properties properties;
    private final PrintStream out;
    private final PrintStream err;

    public CommandLine(Map<String, String> environment, Properties properties, PrintStream out, PrintStream err) {
        this.environment = environment;
        this.properties = properties;
        this.out = out;
        this.err = err;
    }

    /// What the program does next.
    public sealed interface Next {
        /// End with this status: 0 when all is well, 2 when the command line was refused.
        record Exit(int status) implements Next {}

        /// Start a server with these settings, which are known to be good.
        record Serve(ServerConfig config, List<ConfigSource> sources) implements Next {}
    }

    public Next run(String... arguments) {
        List<String> words = List.of(arguments);
        if (words.isEmpty() || words.getFirst().startsWith("-")) {
            return run(Subcommand.SERVER, words);
        }
        List<String> rest = words.subList(1, words.size());
        return Subcommand.named(words.getFirst())
                .map(command -> run(command, rest))
                .orElseGet(() -> unknown(words.getFirst()));
    }

    private Next run(Subcommand command, List<String> rest) {
        return switch (command) {
            case SERVER -> server(rest);
            case CONFIG -> config(rest);
            case BENCH -> new Next.Exit(BenchCommand.run(rest, out, err));
            case CLUSTER -> new Next.Exit(ClusterCommand.run(rest, out, err));
            case LOCAL_CLUSTER -> new Next.Exit(new LocalClusterCommand(environment, properties, out, err).run(rest));
            case LOG -> new Next.Exit(LogCommand.run(rest, out, err));
            case VERSION -> version(rest);
            case HELP -> help(rest);
        };
    }

    private Next server(List<String> flags) {
        Settings settings = Settings.read(flags, environment, properties);
        if (settings.help()) {
            return print(Help.of(Subcommand.SERVER));
        }
        if (settings.version()) {
            return print(Versions.text());
        }
        warn(settings);
        if (settings.config().isEmpty()) {
            return refuse("the server was not started", settings.problems(), Subcommand.SERVER);
        }
        ServerConfig config = settings.config().get();
        List<ConfigSource> sources = new ArrayList<>(settings.layers());
        sources.add(settings.standards());
        sources.add(LogSettings.of(config.logging()));
        return new Next.Serve(config, sources);
    }

    private Next config(List<String> flags) {
        Settings settings = Settings.read(flags, environment, properties);
        if (settings.help()) {
            return print(Help.of(Subcommand.CONFIG));
        }
        if (settings.version()) {
            return print(Versions.text());
        }
        out.print(ConfigTable.of(settings.values()));
        out.flush();
        warn(settings);
        return settings.problems().isEmpty()
                ? new Next.Exit(0)
                : refuse("a server would not start with this", settings.problems(), Subcommand.CONFIG);
    }

    private Next version(List<String> rest) {
        if (rest.isEmpty()) {
            return print(Versions.text());
        }
        return asksForHelp(rest)
                ? print(Help.of(Subcommand.VERSION))
                : refuse("nothing was done", List.of("version takes no arguments"), Subcommand.VERSION);
    }

    private Next help(List<String> rest) {
        if (rest.isEmpty() || asksForHelp(rest)) {
            return print(Help.overview());
        }
        return Subcommand.named(rest.getFirst())
                .map(command -> print(Help.of(command)))
                .orElseGet(() -> unknown(rest.getFirst()));
    }

    private static boolean asksForHelp(List<String> rest) {
        return rest.size() == 1 && List.of("--help", "-help", "-h").contains(rest.getFirst());
    }

    private Next unknown(String word) {
        String near = Nearest.to(word, Subcommand.words())
                .map(known -> "; the nearest known is " + known)
                .orElse("; known are " + String.join(", ", Subcommand.words()));
        return refuse("nothing was done", List.of("unknown subcommand \"" + word + "\"" + near), Subcommand.HELP);
    }

    private Next print(String text) {
        out.print(text);
        out.flush();
        return new Next.Exit(0);
    }

    private void warn(Settings settings) {
        settings.warnings().forEach(sentence -> err.println("metastore: warning: " + sentence));
    }

    private Next refuse(String consequence, List<String> problems, Subcommand command) {
        err.println("metastore: " + consequence + ":");
        problems.forEach(sentence -> err.println("  " + sentence));
        err.println("'metastore help" + (command == Subcommand.HELP ? "" : " " + command.word()) + "' explains more.");
        return new Next.Exit(2);
    }
}
