package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.server.tls.TestAuthority;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The server's certificate is replaced while clients write.
class CertificateChangeIT {
    private static final int CLIENTS = 100;
    private static final int CHANGES = 3;

    @TempDir
    private Path folder;

    /// Half of the clients keep their connection, half make a new one every few writes: no write fails.
    @Test
    void whileAHundredClientsWrite() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        AtomicLong writes = new AtomicLong();
        try (SecureMember secure = new SecureMember(folder);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int client = i;
                clients.add(threads.submit(() -> {
                    write(secure, client, done, writes);
                    return null;
                }));
            }
            try {
                long before = -1;
                for (int change = 1; change <= CHANGES; change++) {
                    awaitMore(writes, before + CLIENTS, clients);
                    TestAuthority.Issued next = secure.authority.issue("change-" + change);
                    Files.copy(next.certFile(), secure.server.certFile(), StandardCopyOption.REPLACE_EXISTING);
                    Files.copy(next.keyFile(), secure.server.keyFile(), StandardCopyOption.REPLACE_EXISTING);
                    ShownCertificate.await(secure.port, next.certificate());
                    before = writes.get();
                }
                awaitMore(writes, before + CLIENTS, clients);
            } finally {
                done.set(true);
            }
            for (Future<?> client : clients) {
                client.get(60, TimeUnit.SECONDS);
            }
            System.out.printf("%d writes of %d clients over %d certificates%n", writes.get(), CLIENTS, CHANGES + 1);
        }
    }

    private static void write(SecureMember secure, int client, AtomicBoolean done, AtomicLong writes) throws Exception {
        ManagedChannel channel = secure.channel(SecureMember.anonymous());
        try {
            for (int i = 1; !done.get(); i++) {
                var ignored = KVGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(30, TimeUnit.SECONDS)
                        .put(Requests.put(ByteString.copyFromUtf8("client-" + client), "write " + i)
                                .build());
                writes.incrementAndGet();
                if (client % 2 == 1 && i % 20 == 0) {
                    channel.shutdownNow();
                    channel = secure.channel(SecureMember.anonymous());
                }
            }
        } finally {
            channel.shutdownNow();
        }
    }

    private static void awaitMore(AtomicLong writes, long least, List<Future<?>> clients) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (writes.get() < least) {
            assertTrue(System.nanoTime() < deadline, "clients no longer write");
            for (Future<?> client : clients) {
                if (client.isDone()) {
                    client.get();
                }
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }
}
