package io.metastore.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `metastore bench disk`: what a synced write costs on a disk, without any server.
final class DiskBench {
    static final List<Flag> FLAGS = List.of(
            new Flag("dir", "FOLDER", ".", "where to write; the disk of this folder is measured"),
            new Flag("write-size", "BYTES", "352", "bytes appended before each fdatasync"),
            new Flag("duration", "TIME", "5s", "stop after this time"),
            new Flag("warmup", "TIME", "1s", "time before measuring"),
            new Flag("seed", "N", "1", "of the bytes written"),
            new Flag("json", "FILE", "", "also write the result there"));

    private final PrintStream out;

    DiskBench(PrintStream out) {
        this.out = out;
    }

    int run(Flags flags) throws IOException {
        try (DiskLoop loop = new DiskLoop(
                Path.of(flags.text("dir")),
                flags.count("write-size", 1, 1 << 28),
                flags.number("seed", Long.MIN_VALUE, Long.MAX_VALUE))) {
            loop.run(Pace.Limit.time(flags.time("warmup")));
            RunResult result = loop.run(Pace.Limit.time(flags.time("duration")));
            out.print(ResultTable.text(result));
            if (flags.has("json")) {
                Map<String, Object> json = new LinkedHashMap<>();
                json.put("command", "disk");
                json.put("flags", flags.inForce());
                json.put("result", ResultTable.map(result));
                Files.writeString(Path.of(flags.text("json")), Json.write(json));
            }
        }
        return 0;
    }
}
