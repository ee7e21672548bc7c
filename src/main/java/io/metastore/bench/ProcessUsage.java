package io.metastore.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// What a process and its descendants have used, as the kernel accounts for it.
///
/// @param cpuNanos      user and system time since they began, waited-for children included; in steps of 10 ms
/// @param peakRssBytes  greatest resident set since the last [#forgetPeak]
/// @param writtenBytes  bytes that they caused to be written to a disk
record ProcessUsage(long cpuNanos, long peakRssBytes, long writtenBytes) {
    /// Linux reports times to programs in hundredths of a second, whatever it counts in itself.
    private static final long NANOS_PER_TICK = 10_000_000;

    /// Fields of /proc/PID/stat behind the command's name, which is the second field.
    private static final int UTIME = 11;

    private static final int TIMES = 4;

    static final ProcessUsage NONE = new ProcessUsage(0, 0, 0);

    static ProcessUsage of(ProcessHandle process) throws IOException {
        ProcessUsage sum = NONE;
        for (ProcessHandle each : tree(process)) {
            sum = sum.plus(one(each.pid()));
        }
        return sum;
    }

    private static List<ProcessHandle> tree(ProcessHandle process) {
        return Stream.concat(Stream.of(process), process.descendants()).toList();
    }

    private static ProcessUsage one(long pid) throws IOException {
        Path proc = Path.of("/proc", String.valueOf(pid));
        try {
            return new ProcessUsage(
                    cpuTicks(Files.readString(proc.resolve("stat"))) * NANOS_PER_TICK,
                    field(Files.readString(proc.resolve("status")), "VmHWM:") * 1024,
                    field(Files.readString(proc.resolve("io")), "write_bytes:"));
        } catch (NoSuchFileException e) {
            // It ended between being listed and being read; a server that is gone shows in its calls.
            return NONE;
        }
    }

    /// User and system time of a process and of the children it waited for, in ticks.
    static long cpuTicks(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        long ticks = 0;
        for (int i = UTIME; i < UTIME + TIMES; i++) {
            ticks += Long.parseLong(fields[i]);
        }
        return ticks;
    }

    private static long field(String file, String name) {
        return file.lines()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).replaceAll("[^0-9]", ""))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElse(0);
    }

    /// Lets the peak begin anew at the present size.
    static void forgetPeak(ProcessHandle process) throws IOException {
        for (ProcessHandle each : tree(process)) {
            try {
                Files.writeString(Path.of("/proc", String.valueOf(each.pid()), "clear_refs"), "5");
            } catch (NoSuchFileException e) {
                // It has ended meanwhile: there is no peak to forget.
            }
        }
    }

    ProcessUsage plus(ProcessUsage other) {
        return new ProcessUsage(
                cpuNanos + other.cpuNanos, peakRssBytes + other.peakRssBytes, writtenBytes + other.writtenBytes);
    }

    /// What was used since `earlier`; the peak is the present one.
    ProcessUsage since(ProcessUsage earlier) {
        return new ProcessUsage(cpuNanos - earlier.cpuNanos, peakRssBytes, writtenBytes - earlier.writtenBytes);
    }
}
