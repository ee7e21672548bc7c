package io.metastore.blackbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What a member's process takes of memory, and what it says about itself on its metrics page.
public record MemberMemory(Member member) {
    public static final long MIB = 1 << 20;

    /// The most memory that the process has ever had in RAM, in bytes.
    public long mostResident() throws IOException {
        return status("VmHWM:");
    }

    public long resident() throws IOException {
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

    /// Bytes of the heap that are in use after a full collection. For members on a JVM: the native executable cannot
    /// be told to collect.
    public long heapInUse() throws IOException, InterruptedException {
        jcmd("GC.run");
        return (long) metric("jvm_memory_used_bytes{area=\"heap\"");
    }

    /// What `jcmd` says when it passes a command on to the member's JVM.
    public String jcmd(String command) throws IOException, InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        Process process = new ProcessBuilder(jcmd.toString(), Long.toString(member.pid()), command)
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new AssertionError(command + ": " + said);
        }
        return said;
    }

    /// Sum of the samples whose line begins like this.
    public double metric(String prefix) {
        return member.metrics()
                .lines()
                .filter(line -> line.startsWith(prefix))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }
}
