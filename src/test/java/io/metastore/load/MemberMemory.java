package io.metastore.load;

import io.metastore.blackbox.Member;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// What a member's process takes of memory, and what it says about itself on its metrics page.
record MemberMemory(Member member) {
    static final long MIB = 1 << 20;

    /// The most memory that the process has ever had in RAM, in bytes.
    long mostResident() throws IOException {
        return status("VmHWM:");
    }

    long resident() throws IOException {
        return status("VmRSS:");
    }

    private long status(String key) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(member.pid()), "status"))) {
            if (line.startsWith(key)) {
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
            }
        }
        throw new AssertionError("the kernel does not say " + key);
    }

    /// Bytes of the heap that are in use after a full collection.
    long heapInUse() throws IOException, InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        Process collection = new ProcessBuilder(jcmd.toString(), Long.toString(member.pid()), "GC.run")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!collection.waitFor(60, TimeUnit.SECONDS) || collection.exitValue() != 0) {
            collection.destroyForcibly();
            throw new AssertionError("the member's heap could not be collected");
        }
        return (long) metric("jvm_memory_used_bytes{area=\"heap\"");
    }

    /// Sum of the samples whose line begins like this.
    double metric(String prefix) {
        return member.metrics()
                .lines()
                .filter(line -> line.startsWith(prefix))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    /// Waits until something holds of the member.
    static void await(String what, Duration limit, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within " + limit + ": " + what);
            }
            Thread.sleep(100);
        }
    }
}
