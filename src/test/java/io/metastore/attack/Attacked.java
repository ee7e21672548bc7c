package io.metastore.attack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.Eventually;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Member;
import io.metastore.blackbox.MemberMemory;
import io.metastore.blackbox.MemberTarget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/// A member before and after an attack: it still serves, its files, memory and log are as before.
final class Attacked implements AutoCloseable {
    /// What may stay behind: buffers that are kept for the next client, caches, classes.
    private static final long LEFT_BYTES = 64L << 20;

    /// What garbage may add where nobody can ask for a collection.
    private static final long GARBAGE_BYTES = 192L << 20;

    private static final int FILES_LEFT = 16;
    private static final int LOG_LINES = 60;

    private final Member member;
    private final MemberMemory memory;
    private int puts;

    Attacked(String... flags) {
        this(Member.startOwn(flags));
    }

    /// @param member closed with this
    Attacked(Member member) {
        this.member = member;
        this.memory = new MemberMemory(member);
    }

    /// What somebody does to the member.
    interface Attack {
        void run() throws Exception;
    }

    /// What the member takes of the machine.
    private record Look(long memory, long resident, long files, long logLines) {
        @Override
        public String toString() {
            return String.format(
                    "in use %d MiB, resident %d MiB, %d files, %d lines",
                    memory >> 20, resident >> 20, files, logLines);
        }
    }

    Member member() {
        return member;
    }

    String endpoint() {
        return member.endpoint();
    }

    /// Makes the attack and checks what is left of it.
    void attack(String name, Attack attack) throws Exception {
        serves();
        Look before = look(0, 0);
        long started = System.nanoTime();
        attack.run();
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - started);
        serves();
        long memoryLeft = before.memory() + LEFT_BYTES + garbage();
        Look after = look(before.files() + FILES_LEFT, memoryLeft);
        System.out.printf("attack: %s, %d s%n  before: %s%n  after:  %s%n", name, seconds, before, after);
        assertTrue(
                after.files() <= before.files() + FILES_LEFT,
                () -> name + " leaves files: " + before + " then " + after);
        boolean small = after.memory() <= memoryLeft;
        if (!small && collects()) {
            memory.jcmd("GC.class_histogram").lines().limit(30).forEach(System.out::println);
        }
        assertTrue(small, () -> name + " leaves memory: " + before + " then " + after);
        long lines = after.logLines() - before.logLines();
        assertTrue(lines <= LOG_LINES, () -> name + " floods the log: " + lines + " lines, " + lastLines());
        assertFalse(
                member.log().contains("internal error"), () -> name + " finds a fault of the program: " + lastLines());
    }

    /// A client like any other is served.
    void serves() {
        try (Client client = member.connect()) {
            ByteString key = ByteString.copyFromUtf8("attacked");
            String value = "put " + ++puts;
            client.put(key, value);
            assertEquals(value, client.get(key).orElseThrow().getValue().toStringUtf8());
        }
        assertTrue(member.isAlive());
    }

    /// Whether the member can be told from outside to collect: the native executable cannot.
    private static boolean collects() {
        return MemberTarget.current().label().equals("jar");
    }

    /// What [#memory] may count too much.
    static long garbage() {
        return collects() ? 0 : GARBAGE_BYTES;
    }

    /// Bytes in use: of the heap, garbage left out; of the native executable all that is resident.
    long memory() throws IOException, InterruptedException {
        return collects() ? memory.heapInUse() : memory.resident();
    }

    long resident() throws IOException {
        return memory.resident();
    }

    void awaitNoWatchers() {
        Eventually.holds("no watcher is left", Duration.ofMinutes(1), () -> watchers() == 0);
    }

    private double watchers() {
        return memory.metric("etcd_debugging_mvcc_watcher_total ");
    }

    /// Looks once what is under way has ended: a large answer may still be made for a client that is gone.
    ///
    /// @param files most open files to wait for, 0 not to wait
    /// @param bytes most bytes in use to wait for, 0 not to wait
    private Look look(long files, long bytes) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
        while (files > 0 && openFiles() > files && System.nanoTime() < deadline) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
        long memory = memory();
        while (bytes > 0 && memory > bytes && System.nanoTime() < deadline) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
            memory = memory();
        }
        return new Look(memory, resident(), openFiles(), member.log().lines().count());
    }

    /// Without the files of tables: they become more with what is written, whoever writes it.
    private long openFiles() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/" + member.pid() + "/fd"))) {
            return files.filter(file -> !isTable(file)).count();
        }
    }

    private static boolean isTable(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().endsWith(".sst");
        } catch (NoSuchFileException e) {
            // Closed since the folder was listed: of no interest either.
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String lastLines() {
        String log = member.log();
        return log.substring(Math.max(0, log.length() - 4_000));
    }

    @Override
    public void close() {
        member.close();
    }
}
