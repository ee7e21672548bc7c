package io.metastore.attack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveRequest;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.blackbox.Client;
import io.metastore.blackbox.Member;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The time of day jumps an hour ahead and two hours back under a running member. Needs libfaketime, where
/// Debian's package `faketime` puts it or at `-Dattack.faketime=PATH`.
class ClockJumpIT {
    @TempDir
    private Path folder;

    /// What makes a program see a time of day that the file `offset` shifts, by such as `+3600`.
    private static Map<String, String> shifted(Path offset) {
        Path library =
                Path.of(System.getProperty("attack.faketime", "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"));
        Assumptions.assumeTrue(Files.exists(library), "no libfaketime here");
        return Map.of(
                "LD_PRELOAD", library.toString(),
                "FAKETIME_TIMESTAMP_FILE", offset.toString(),
                "FAKETIME_NO_CACHE", "1",
                "FAKETIME_DONT_FAKE_MONOTONIC", "1",
                "DONT_FAKE_MONOTONIC", "1");
    }

    @Test
    void leasesDoNotNotice() throws Exception {
        Path offset = Files.writeString(folder.resolve("offset"), "+0");
        try (Attacked attacked = new Attacked(Member.startWith(shifted(offset)))) {
            attacked.attack("the clock jumps", () -> jump(attacked, offset));
        }
    }

    private static void jump(Attacked attacked, Path offset) throws Exception {
        try (Client client = attacked.member().connect()) {
            long lasting = grant(client, "lasting", 600);
            long brief = grant(client, "brief", 5);
            long granted = System.nanoTime();
            Files.writeString(offset, "+3600");
            assertTrue(ahead(attacked).toMinutes() >= 59, "the clock did not jump");
            attacked.serves();
            assertTrue(left(client, lasting) > 590, "the lease of 600 s: " + left(client, lasting));
            boolean isThere = client.get(ByteString.copyFromUtf8("brief")).isPresent();
            if (System.nanoTime() - granted < TimeUnit.SECONDS.toNanos(4)) {
                assertTrue(isThere, "the lease of 5 s ran out early");
            }
            Files.writeString(offset, "-3600");
            assertTrue(ahead(attacked).toMinutes() <= -59, "the clock did not jump back");
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (client.get(ByteString.copyFromUtf8("brief")).isPresent()) {
                assertTrue(System.nanoTime() < deadline, "the lease of 5 s never ran out");
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
            assertEquals(-1, left(client, brief));
            assertTrue(left(client, lasting) > 500);
            attacked.serves();
        }
    }

    private static long grant(Client client, String key, long seconds) {
        long lease = client.grant(seconds);
        var ignored = client.kv()
                .put(PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .setLease(lease)
                        .build());
        return lease;
    }

    private static long left(Client client, long lease) {
        return client.lease()
                .leaseTimeToLive(
                        LeaseTimeToLiveRequest.newBuilder().setID(lease).build())
                .getTTL();
    }

    /// How far the member's time of day is ahead of this machine's, by the header Date of its answers.
    private static Duration ahead(Attacked attacked) {
        String date =
                attacked.member().get("/health").headers().firstValue("date").orElseThrow();
        return Duration.between(ZonedDateTime.now(), ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME));
    }
}
