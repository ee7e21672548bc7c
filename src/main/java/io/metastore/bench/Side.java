package io.metastore.bench;

import io.metastore.client.UsageException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One of the servers that are compared: which program, and what it is given besides the flags that both
/// kinds share.
///
/// @param name         unique in the run; also the member's name
/// @param program      the executable (or jar) where it differs from the run's own `--etcd` or `--metastore`
/// @param environment  variables of the server process
/// @param jvm          options of the Java virtual machine
/// @param flags        flags of the server
/// @param users        how many users and roles it has, with permissions checked; 0 for none, and open to everybody
record Side(
        String name,
        Kind kind,
        Optional<Path> program,
        Map<String, String> environment,
        List<String> jvm,
        List<String> flags,
        int users) {

    enum Kind {
        ETCD,
        METASTORE
    }

    static final String USAGE =
            "NAME=KIND[@PATH] [VARIABLE=VALUE ...] [-JOPTION ...] [users=N] [--flag ...], KIND etcd or metastore";

    private static final Pattern WORD = Pattern.compile("((?:[^\\s'\"]|'[^']*'|\"[^\"]*\")+)");
    private static final Pattern HEAD = Pattern.compile("([a-z0-9][a-z0-9-]*)=(etcd|metastore)(?:@(.+))?");
    private static final Pattern USERS = Pattern.compile("users=([1-9][0-9]{0,5})");
    private static final Pattern VARIABLE = Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)=(.*)");

    /// Reads one `--side`, whose form is [#USAGE]; quotes keep words together as in a shell.
    static Side parse(String text) {
        List<String> words = words(text);
        Matcher head = HEAD.matcher(words.isEmpty() ? "" : words.getFirst());
        if (!head.matches()) {
            throw new UsageException("--side is '" + text + "', but must be " + USAGE);
        }
        Map<String, String> environment = new LinkedHashMap<>();
        List<String> jvm = new ArrayList<>();
        List<String> flags = new ArrayList<>();
        int users = 0;
        for (String word : words.subList(1, words.size())) {
            Matcher variable = VARIABLE.matcher(word);
            Matcher count = USERS.matcher(word);
            if (count.matches()) {
                users = Integer.parseInt(count.group(1));
            } else if (word.startsWith("-J")) {
                jvm.add(word.substring(2));
            } else if (variable.matches()) {
                environment.put(variable.group(1), variable.group(2));
            } else {
                flags.add(word);
            }
        }
        Kind kind = head.group(2).equals("etcd") ? Kind.ETCD : Kind.METASTORE;
        return new Side(
                head.group(1), kind, Optional.ofNullable(head.group(3)).map(Path::of), environment, jvm, flags, users);
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        Matcher word = WORD.matcher(text);
        while (word.find()) {
            words.add(word.group(1).replaceAll("['\"]", ""));
        }
        return words;
    }

    /// Whether the other side runs the same thing: then the ratios between the two are the error bars of the
    /// run.
    boolean sameAs(Side other) {
        return kind == other.kind
                && program.equals(other.program)
                && environment.equals(other.environment)
                && jvm.equals(other.jvm)
                && flags.equals(other.flags)
                && users == other.users;
    }
}
