package io.metastore.blackbox;

import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.metastore.server.tls.TestAuthority;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/// A member that speaks TLS at one URL and plaintext at another, and the certificates around it.
final class SecureMember implements AutoCloseable {
    final TestAuthority authority;
    final TestAuthority.Issued server;
    final Member member;
    final int port;

    /// @param folder for certificates
    SecureMember(Path folder, String... flags) throws IOException {
        this(new TestAuthority(folder, "authority"), flags);
    }

    SecureMember(TestAuthority authority, String... flags) {
        this.authority = authority;
        server = authority.issue("server");
        port = LoopbackPorts.next();
        List<String> all = new ArrayList<>(List.of(
                "--listen-client-urls=" + Member.CLIENT_URL + ",https://127.0.0.1:" + port,
                "--cert-file=" + server.certFile(),
                "--key-file=" + server.keyFile()));
        all.addAll(List.of(flags));
        member = Member.startOwn(all.toArray(String[]::new));
    }

    String url() {
        return "https://127.0.0.1:" + port;
    }

    /// A channel that trusts the member's authority.
    ManagedChannel channel(SslContextBuilder identity) throws IOException {
        return NettyChannelBuilder.forAddress("127.0.0.1", port)
                .sslContext(identity.trustManager(authority.certFile.toFile()).build())
                .build();
    }

    static SslContextBuilder anonymous() {
        return GrpcSslContexts.forClient();
    }

    static SslContextBuilder as(TestAuthority.Issued issued) {
        return GrpcSslContexts.forClient()
                .keyManager(issued.certFile().toFile(), issued.keyFile().toFile());
    }

    /// What a program said, and how it ended.
    record Ended(int status, String said) {}

    /// Runs `etcdctl` (`-Dmetastore.etcdctl=PATH`) on the secure URL; skips the test where there is none.
    Ended etcdctl(List<String> identity, String... command) throws Exception {
        List<String> line = new ArrayList<>();
        line.add(etcdctl());
        line.addAll(List.of("--endpoints=" + url(), "--command-timeout=10s", "--cacert=" + authority.certFile));
        line.addAll(identity);
        line.addAll(List.of(command));
        return run(line);
    }

    static String etcdctl() {
        String path = System.getProperty("metastore.etcdctl");
        Assumptions.assumeTrue(path != null, "no -Dmetastore.etcdctl=PATH");
        return path;
    }

    static List<String> identity(TestAuthority.Issued issued) {
        return List.of("--cert=" + issued.certFile(), "--key=" + issued.keyFile());
    }

    static Ended run(List<String> line) throws Exception {
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(line + " does not end");
        }
        return new Ended(process.exitValue(), said);
    }

    @Override
    public void close() {
        member.close();
        LoopbackPorts.release(port);
    }
}
