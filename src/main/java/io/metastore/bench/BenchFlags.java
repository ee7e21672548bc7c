package io.metastore.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The flags of each subcommand.
final class BenchFlags {
    static final String COMPARE = "compare";
    static final String DISK = "disk";
    static final String LONELY = "lonely";
    static final String FAIRNESS = "fairness";
    static final String TRAIN = "train";

    /// Commands that share no flags with the loads.
    private static final List<String> APART = List.of(COMPARE, DISK, LONELY, FAIRNESS, TRAIN);

    private static final List<Flag> CONNECT = List.of(
            new Flag("endpoints", "URL,...", "127.0.0.1:2379", "servers; connections are spread over them"),
            new Flag("cacert", "FILE", "", "PEM file with the authorities of the server's certificate"),
            new Flag("cert", "FILE", "", "PEM file with the client's certificate"),
            new Flag("key", "FILE", "", "PEM file with the client's key"),
            new Flag("insecure-skip-tls-verify", "", "", "use TLS and accept any server certificate"));

    private static final List<Flag> SHAPE = List.of(
            new Flag("clients", "N", "100", "callers, each with at most one call outstanding"),
            new Flag("connections", "N", "", "HTTP/2 connections [one for ten clients, at most 100]"),
            new Flag("threads", "N", "1", "event loops of the driver"),
            new Flag("total", "N", "", "stop after so many calls"),
            new Flag("duration", "TIME", "10s", "stop after this time"),
            new Flag("warmup", "N|TIME", "2s", "calls or time before measuring; 0 for none"),
            new Flag(
                    "rate",
                    "N",
                    "0",
                    "calls per second at a fixed rate (open loop, latency from when a call was due); 0: closed loop"),
            new Flag("patience", "TIME", "5s", "abort when nothing is answered for this long"),
            new Flag("seed", "N", "1", "of all random choices"),
            new Flag("json", "FILE", "", "also write the result there"),
            new Flag("quiet", "", "", "no progress lines"));

    private static final List<Flag> KEYS = List.of(
            new Flag("key-size", "BYTES", "32", "length of a key"),
            new Flag("key-space", "N", "100000", "number of different keys"));

    private static final List<Flag> VALUES = List.of(new Flag("value-size", "BYTES", "256", "length of a value"));

    private static final Flag FILL = new Flag("fill", "", "", "first write every key of the key space");
    private static final Flag CONSISTENCY =
            new Flag("serializable", "", "", "serializable reads instead of linearizable ones");

    private static final Map<String, List<Flag>> OWN = own();

    private BenchFlags() {}

    private static Map<String, List<Flag>> own() {
        Map<String, List<Flag>> own = new LinkedHashMap<>();
        own.put("put", List.of(new Flag("sequential-keys", "", "", "one key after the other instead of random ones")));
        own.put(
                "range",
                List.of(
                        new Flag(
                                "reach",
                                "WHAT",
                                "key",
                                "key, prefix, or page: limit keys and the count of the rest, from a random page on"),
                        new Flag("limit", "N", "500", "keys per page; for a prefix 0 means all"),
                        CONSISTENCY,
                        FILL));
        own.put("txn", List.of());
        own.put("mixed", List.of(new Flag("reads", "SHARE", "0.8", "share of reads, from 0 to 1"), CONSISTENCY, FILL));
        own.put(
                "watch",
                List.of(
                        new Flag("watchers", "N", "200", "number of watches"),
                        new Flag("watches-per-stream", "N", "1", "watches that share a stream"),
                        new Flag("disjoint", "", "", "a prefix for each watcher instead of one for all")));
        own.put(
                "lease",
                List.of(
                        new Flag("ttl", "SECONDS", "60", "time to live of a lease"),
                        new Flag("keep-alives", "N", "8", "keep-alives of a lease before it is revoked")));
        own.put("null", List.of(new Flag("reach", "WHAT", "put", "put or range")));
        own.put(DISK, DiskBench.FLAGS);
        own.put(LONELY, LonelyBench.FLAGS);
        own.put(FAIRNESS, FairnessBench.FLAGS);
        own.put(COMPARE, CompareCommand.FLAGS);
        own.put(TRAIN, Training.FLAGS);
        return own;
    }

    static List<String> commands() {
        return List.copyOf(OWN.keySet());
    }

    static List<Flag> own(String command) {
        return OWN.get(command);
    }

    static List<Flag> common(String command) {
        List<Flag> flags = new ArrayList<>();
        if (APART.contains(command)) {
            return flags;
        }
        if (!command.equals("null")) {
            flags.addAll(CONNECT);
        }
        flags.addAll(SHAPE);
        if (!command.equals("lease")) {
            flags.addAll(KEYS);
            flags.addAll(VALUES);
        }
        return flags;
    }

    static List<Flag> all(String command) {
        List<Flag> flags = new ArrayList<>(own(command));
        flags.addAll(common(command));
        return flags;
    }
}
