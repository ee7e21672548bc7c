package io.metastore;

import io.metastore.cli.CommandLine;
import io.metastore.server.ServerApplication;
import io.metastore.server.StartLine;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;

/// Where the program begins. The command line is read and checked first; Quarkus starts only for a server.
@QuarkusMain
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        CommandLine commandLine = new CommandLine(System.getenv(), System.getProperties(), System.out, System.err);
        switch (commandLine.run(arguments)) {
            case CommandLine.Next.Exit(int status) -> System.exit(status);
            case CommandLine.Next.Serve serve -> {
                StartLine.publish(serve.sources());
                Quarkus.run(ServerApplication.class);
            }
        }
    }
}
