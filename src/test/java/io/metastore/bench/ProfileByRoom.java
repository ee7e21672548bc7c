package io.metastore.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;

/// Where a recording of Java's flight recorder says the CPU and the allocated bytes went, by room of the house:
/// `java -cp target/test-classes io.metastore.bench.ProfileByRoom recording.jfr`.
///
/// A sample belongs to the room of its innermost frame that is ours or a known vendor's: what a room calls in
/// the JDK is the room's. Two more tables give the threads and the innermost methods.
public final class ProfileByRoom {
    private static final int ROWS = 30;

    /// Rooms by the start of a class's name; the first that fits counts.
    private static final Map<String, String> VENDORS = Map.of(
            "io.netty.", "netty",
            "io.grpc.", "grpc",
            "com.google.protobuf.", "protobuf",
            "io.smallrye.mutiny.", "mutiny",
            "com.alipay.sofa.jraft.", "jraft",
            "org.rocksdb.", "rocksdb (native)",
            "com.lmax.disruptor.", "disruptor",
            "io.metastore.api.etcd.", "generated messages");

    private final Map<String, Long> rooms = new HashMap<>();
    private final Map<String, Long> threads = new HashMap<>();
    private final Map<String, Long> methods = new HashMap<>();
    private long total;

    private ProfileByRoom() {}

    /// @param args the recording; then, if wanted, how many operations it covers
    public static void main(String[] args) throws IOException {
        if (args.length == 0) {
            System.err.println("usage: ProfileByRoom RECORDING.jfr");
            System.exit(2);
        }
        ProfileByRoom cpu = new ProfileByRoom();
        ProfileByRoom bytes = new ProfileByRoom();
        try (RecordingFile recording = new RecordingFile(Path.of(args[0]))) {
            while (recording.hasMoreEvents()) {
                RecordedEvent event = recording.readEvent();
                switch (event.getEventType().getName()) {
                    case "jdk.CPUTimeSample" -> cpu.add(event, event.getThread("eventThread"), 1);
                    case "jdk.ObjectAllocationSample" -> bytes.add(event, event.getThread(), event.getLong("weight"));
                    default -> {
                        // Other events tell of other things.
                    }
                }
            }
        }
        cpu.print("CPU");
        bytes.print("allocated bytes");
    }

    private void add(RecordedEvent event, RecordedThread thread, long weight) {
        List<RecordedFrame> frames = event.getStackTrace() == null
                ? List.of()
                : event.getStackTrace().getFrames();
        total += weight;
        rooms.merge(room(frames), weight, Long::sum);
        String name = thread == null || thread.getJavaName() == null ? "(VM)" : thread.getJavaName();
        threads.merge(name.replaceAll("[-/]?[0-9]+.*", ""), weight, Long::sum);
        methods.merge(frames.isEmpty() ? "(none)" : name(frames.getFirst()), weight, Long::sum);
    }

    private static String room(List<RecordedFrame> frames) {
        for (RecordedFrame frame : frames) {
            String type = frame.getMethod().getType().getName();
            for (Map.Entry<String, String> vendor : VENDORS.entrySet()) {
                if (type.startsWith(vendor.getKey())) {
                    return vendor.getValue();
                }
            }
            if (type.startsWith("io.metastore.")) {
                int end = type.indexOf('.', "io.metastore.".length());
                return end < 0 ? "metastore" : type.substring("io.metastore.".length(), end);
            }
        }
        return frames.isEmpty() ? "(no stack)" : "JDK";
    }

    private static String name(RecordedFrame frame) {
        return frame.getMethod().getType().getName() + "." + frame.getMethod().getName();
    }

    private void print(String what) {
        System.out.printf(Locale.ROOT, "%n# %s, %,d in all%n", what, total);
        table("room", rooms);
        table("thread", threads);
        table("method", methods);
    }

    private void table(String title, Map<String, Long> shares) {
        System.out.printf(Locale.ROOT, "%n| %s | share |%n|---|---|%n", title);
        shares.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .limit(ROWS)
                .forEach(row -> System.out.printf(
                        Locale.ROOT, "| %s | %.1f %% |%n", row.getKey(), 100.0 * row.getValue() / Math.max(1, total)));
    }
}
