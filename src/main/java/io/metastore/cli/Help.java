package io.metastore.cli;

import io.metastore.bench.BenchCommand;
import io.metastore.cli.EtcdFlag.Treatment;
import io.metastore.server.ConfigKey;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// The texts of `metastore help`.
final class Help {
    private static final int WIDTH = 100;

    private Help() {}

    static String of(Subcommand command) {
        return switch (command) {
            case SERVER -> server();
            case CONFIG -> """
                Usage: metastore config [flags of server]

                Prints every key with its value and the flag, variable or file that set it. Takes the flags of server,
                so that a start line can be tried without starting anything. Ends with status 2 and all the objections
                when a server would not start with it.
                """;
            case BENCH -> BenchCommand.help();
            case CLUSTER -> ClusterCommand.help();
            case LOCAL_CLUSTER -> LocalClusterCommand.help();
            case LOG -> LogCommand.help();
            case VERSION -> """
                Usage: metastore version

                Prints MetaStore's version, the etcd version whose API it speaks, and the Java it runs on.
                """;
            case HELP -> overview();
        };
    }

    static String overview() {
        String commands = Arrays.stream(Subcommand.values())
                .map(command -> "  %-14s %s%n".formatted(command.word(), command.summary()))
                .collect(Collectors.joining());
        return """
                MetaStore: a replicated, strongly consistent key-value store for metadata that speaks etcd's v3 API.

                Usage: metastore [subcommand] [flags]

                %s
                A start line written for etcd works as it is: without a subcommand, flags go to server.

                  metastore --name one --data-dir ./data
                  metastore help server
                """.formatted(commands);
    }

    private static String server() {
        StringBuilder text = new StringBuilder("""
                Usage: metastore [server] [flags]

                Runs a member. Flags are written --flag value or --flag=value; a true|false flag may stand alone.

                Every key can be set in five places; the first that names it wins:
                  1. a flag                  --data-dir /var/lib/metastore     --metastore.batch.commands=200
                  2. a system property       -Dmetastore.data-dir=/var/lib/metastore
                  3. METASTORE_ variables    METASTORE_DATA_DIR                METASTORE_BATCH_COMMANDS
                  4. ETCD_ variables         ETCD_DATA_DIR
                  5. a properties file       --config-file FILE, or METASTORE_CONFIG_FILE: lines data-dir=/var/lib/metastore

                Sizes: 64MiB, 64m or bytes. Durations: 100ms, 1h30m or PT1M30S.
                The variables of a flag are its name in capitals: --data-dir is METASTORE_DATA_DIR and ETCD_DATA_DIR.
                'metastore config' shows what came from where.
                """);
        String section = "";
        for (ConfigKey key : ConfigKey.all()) {
            if (!key.section().value().equals(section)) {
                section = key.section().value();
                text.append("%n%s:%n".formatted(section));
            }
            describe(key, text);
        }
        text.append("%nThe command line itself:%n".formatted());
        text.append("  --config-file <file>%n      Properties file with further keys.%n".formatted());
        text.append("  --version%n      Prints the versions.%n".formatted());
        text.append("  --help%n      Prints this.%n".formatted());
        flags(Treatment.IGNORED, "Flags of etcd that are accepted and change nothing", text);
        flags(Treatment.REFUSED, "Flags of etcd that stop the start, because what they promise is not there yet", text);
        return text.toString();
    }

    private static void describe(ConfigKey key, StringBuilder text) {
        String variables = key.isTopLevel() && EtcdFlag.named(key.shortName()).isPresent() ? "" : "; " + key.variable();
        String limit = key.limitInWords().isEmpty() ? "" : "; " + key.limitInWords();
        text.append("  %s <%s>%n".formatted(key.flag(), key.kind().placeholder()));
        text.append(wrapped(key.setting().value() + " (default: " + key.standardInWords() + limit + variables + ")"));
    }

    private static void flags(Treatment treatment, String title, StringBuilder text) {
        List<String> names = EtcdFlag.all().values().stream()
                .filter(flag -> flag.treatment() == treatment)
                .map(flag -> "--" + flag.name())
                .toList();
        text.append("%n%s:%n".formatted(title)).append(wrapped(String.join(", ", names)));
    }

    private static String wrapped(String sentence) {
        StringBuilder lines = new StringBuilder();
        StringBuilder line = new StringBuilder("     ");
        for (String word : sentence.split(" ", -1)) {
            if (line.length() + word.length() + 1 > WIDTH) {
                lines.append(line).append(System.lineSeparator());
                line = new StringBuilder("     ");
            }
            line.append(' ').append(word);
        }
        return lines.append(line).append(System.lineSeparator()).toString();
    }
}
