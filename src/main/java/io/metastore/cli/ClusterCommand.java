package io.metastore.cli;

import io.metastore.admin.ClusterCalls;
import io.metastore.admin.Replacement;
import io.metastore.admin.StatusPage;
import io.metastore.client.Endpoint;
import io.metastore.client.Security;
import io.metastore.client.UsageException;
import io.metastore.server.ExitStatus;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// `metastore cluster`: looks at a running cluster, and puts a new member in the place of one that is lost.
final class ClusterCommand {
    private static final int OK = 0;
    private static final List<String> COMMANDS = List.of("status", "replace");
    private static final String STANDARD_ENDPOINT = "http://127.0.0.1:2379";
    private static final Duration CALL_LIMIT = Duration.ofSeconds(5);
    private static final Set<String> CONNECTION = Set.of("endpoints", "cacert", "cert", "key", "user", "password");
    private static final String INSECURE = "insecure-skip-tls-verify";

    private final PrintStream out;

    private ClusterCommand(PrintStream out) {
        this.out = out;
    }

    /// @return the exit status
    static int run(List<String> words, PrintStream out, PrintStream err) {
        if (words.isEmpty() || CommandFlags.askForHelp(words)) {
            out.print(help());
            out.flush();
            return OK;
        }
        try {
            ClusterCommand command = new ClusterCommand(out);
            List<String> rest = words.subList(1, words.size());
            return switch (words.getFirst()) {
                case "status" -> command.status(rest);
                case "replace" -> command.replace(rest);
                default -> throw CommandFlags.unknownWord("cluster", words.getFirst(), COMMANDS);
            };
        } catch (CommandFlags.Refused refused) {
            return refuse(err, ExitStatus.USAGE, refused.getMessage() + " ('metastore help cluster' explains more)");
        } catch (UsageException refused) {
            return refuse(err, ExitStatus.USAGE, refused.getMessage());
        } catch (ClusterCalls.Failed failure) {
            return refuse(err, ExitStatus.FAILED, failure.getMessage());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return refuse(err, ExitStatus.FAILED, "interrupted; type the same line again to go on");
        } finally {
            out.flush();
        }
    }

    private static int refuse(PrintStream err, ExitStatus status, String why) {
        err.println("metastore: cluster: " + why);
        err.flush();
        return status.code();
    }

    private static ClusterCalls connect(CommandFlags flags) {
        Security security = new Security(
                flags.textOr("cacert", ""), flags.textOr("cert", ""), flags.textOr("key", ""), flags.has(INSECURE));
        ClusterCalls calls =
                new ClusterCalls(Endpoint.parse(flags.textOr("endpoints", STANDARD_ENDPOINT)), security, CALL_LIMIT);
        if (flags.has("user")) {
            try {
                String user = flags.text("user");
                int colon = user.indexOf(':');
                calls.logIn(
                        colon < 0 ? user : user.substring(0, colon),
                        colon < 0 ? flags.text("password") : user.substring(colon + 1));
            } catch (RuntimeException failure) {
                calls.close();
                throw failure;
            }
        }
        return calls;
    }

    private int status(List<String> words) {
        try (ClusterCalls calls = connect(CommandFlags.parse(words, CONNECTION, Set.of(INSECURE)))) {
            return StatusPage.print(calls, out) ? OK : ExitStatus.FAILED.code();
        }
    }

    private int replace(List<String> words) throws InterruptedException {
        if (words.isEmpty() || words.getFirst().startsWith("--")) {
            throw new CommandFlags.Refused(
                    "the member is missing: type its name or its id behind \"cluster replace\", before any flag");
        }
        List<String> valued = new ArrayList<>(CONNECTION);
        valued.add("peer-urls");
        CommandFlags flags =
                CommandFlags.parse(words.subList(1, words.size()), Set.copyOf(valued), Set.of(INSECURE, "force"));
        List<String> urls =
                flags.has("peer-urls") ? List.of(flags.text("peer-urls").split(",")) : List.of();
        try (ClusterCalls calls = connect(flags)) {
            new Replacement(calls, out).run(words.getFirst(), urls, flags.has("force"));
        }
        return OK;
    }

    static String help() {
        return """
                Usage: metastore cluster status [flags]
                       metastore cluster replace NAME [--peer-urls LIST] [--force] [flags]

                status   prints a line for each member: its state, how far it has applied the log, its size and version; the
                         alarms; and how many members may be lost. Status 0 when all answer and nothing is wrong, else 1.
                replace  puts a new member in the place of NAME (or an id), which is lost: removes it, adds a learner at the
                         same peer addresses, prints what to start, waits until that has caught up, and gives it a vote.
                         A quorum of the others must answer, or nothing is changed. It can be interrupted at any moment:
                         the same line goes on where it stopped.

                  --peer-urls LIST   where the new member is reached by the others, when not where the old one was
                  --force            replace a member that still answers
                  --endpoints LIST   members to ask, host:port, http:// or https:// (default: http://127.0.0.1:2379)
                  --cacert FILE      authorities that the members' certificates come from (PEM)
                  --cert, --key FILE certificate and key to show (PEM)
                  --insecure-skip-tls-verify  any certificate will do
                  --user NAME[:PASSWORD], --password PASSWORD

                Both work on a cluster of etcd, too.
                """;
    }
}
