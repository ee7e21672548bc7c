package io.metastore.bench;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.LongFunction;

/// The rows of the comparison's table.
final class Scenarios {
    private static final int KEY_BYTES = 32;
    private static final int READ_KEYS = 10_000;
    private static final int PAGE_KEYS = 100_000;
    private static final int PAGE = 500;
    private static final int PAGE_CLIENTS = 20;
    private static final int READERS = 1_000;
    private static final int SWAPPERS = 100;
    private static final int JSON_CLIENTS = 100;
    private static final int WATCHERS = 200;
    private static final int WATCH_PUT_CLIENTS = 100;

    /// What clusters are compared by.
    static final List<String> OF_CLUSTERS = List.of("put-1", "put-100", "put-1000", "range-linearizable");

    private final int valueSize;
    private final long keySpace;
    private final long seed;
    private final Duration patience;

    /// @param valueSize bytes of each value
    /// @param keySpace  how many different keys are put
    Scenarios(int valueSize, long keySpace, long seed, Duration patience) {
        this.valueSize = valueSize;
        this.keySpace = keySpace;
        this.seed = seed;
        this.patience = patience;
    }

    List<Scenario> all() {
        List<Scenario> all = new ArrayList<>();
        for (int clients : new int[] {1, 100, 1_000, 5_000}) {
            all.add(put(clients));
        }
        all.add(range("range-linearizable", false));
        all.add(range("range-serializable", true));
        all.add(page());
        all.add(txn());
        all.add(watch("watch-one-prefix", "200 watchers of one prefix, 100 puts/s", 1, 100));
        all.add(watch("watch-disjoint", "200 watchers of disjoint prefixes, 2,000 puts/s", WATCHERS, 2_000));
        all.add(jsonPut());
        all.add(jsonRange());
        return all;
    }

    /// What single members are compared by: calls as JSON, which go in plain text only, when `--only` names them.
    List<String> ofOne() {
        return all().stream()
                .map(Scenario::name)
                .filter(name -> !name.startsWith("json-"))
                .toList();
    }

    Scenario put(int clients) {
        return new Scenario(
                "put-" + clients,
                String.format("put, %,d clients, %d-byte values", clients, valueSize),
                clients,
                0,
                "put",
                (connections, err) ->
                        new Driver(connections, new PutLoad(keys("put/", keySpace), payload(), false, seed), err)::run);
    }

    Scenario range(String name, boolean serializable) {
        return new Scenario(
                name,
                (serializable ? "serializable" : "linearizable") + " range of one key, 1,000 clients",
                READERS,
                0,
                "range",
                (connections, err) -> {
                    Keys keys = keys("read/", READ_KEYS);
                    Fill.write(connections, keys, payload(), patience, err);
                    return new Driver(connections, new RangeLoad(keys, RangeLoad.Reach.KEY, 0, serializable, seed), err)
                            ::run;
                });
    }

    private Scenario page() {
        return new Scenario(
                "page-500",
                "page of 500 keys out of 100,000 with the count of the rest, from random pages on, 20 clients",
                PAGE_CLIENTS,
                0,
                "range",
                (connections, err) -> {
                    Keys keys = keys("page/", PAGE_KEYS);
                    Fill.write(connections, keys, payload(), patience, err);
                    return new Driver(connections, new RangeLoad(keys, RangeLoad.Reach.PAGE, PAGE, false, seed), err)
                            ::run;
                });
    }

    private Scenario txn() {
        return new Scenario(
                "txn-cas",
                "txn compare-and-swap, 100 clients",
                SWAPPERS,
                0,
                "txn",
                (connections, err) ->
                        new Driver(connections, new TxnLoad(keys("txn/", keySpace), payload()), err)::run);
    }

    private Scenario jsonPut() {
        Keys keys = keys("json/", keySpace);
        Payload values = payload();
        return new Scenario(
                "json-put-100",
                String.format("put as JSON over HTTP/1.1, 100 clients, %d-byte values", valueSize),
                JSON_CLIENTS,
                0,
                "put",
                (connections, err) -> json(
                        connections,
                        err,
                        "put",
                        call -> "{" + JsonLoad.field("key", keys.key(drawn(call, keySpace))) + ","
                                + JsonLoad.field("value", values.value(call)) + "}"));
    }

    private Scenario jsonRange() {
        Keys keys = keys("read/", READ_KEYS);
        return new Scenario(
                "json-range-100",
                "linearizable range of one key as JSON over HTTP/1.1, 100 clients",
                JSON_CLIENTS,
                0,
                "range",
                (connections, err) -> {
                    Fill.write(connections, keys, payload(), patience, err);
                    return json(
                            connections,
                            err,
                            "range",
                            call -> "{" + JsonLoad.field("key", keys.key(drawn(call, READ_KEYS))) + "}");
                });
    }

    private static Function<Driver.Phase, RunResult> json(
            Connections connections, PrintStream err, String call, LongFunction<String> bodies) {
        return new Driver(connections, new JsonLoad(connections, call, "/v3/kv/" + call, bodies), err)::run;
    }

    /// The key of a call: the same in each run, and in no order.
    private long drawn(long call, long space) {
        return new SplittableRandom(seed + call).nextLong(space);
    }

    private Scenario watch(String name, String title, int prefixes, double rate) {
        return new Scenario(name, title, WATCH_PUT_CLIENTS, rate, "event", (connections, err) -> {
            List<Keys> keys = BenchCommand.watchPrefixes(prefixes, KEY_BYTES, READ_KEYS);
            return new WatchDriver(connections, new WatchLoad(keys, WATCHERS, valueSize), 1, patience, err)::run;
        });
    }

    private static Keys keys(String room, long space) {
        return new Keys(Keys.ROOT + room, KEY_BYTES, space);
    }

    private Payload payload() {
        return new Payload(valueSize, seed);
    }
}
