package io.metastore.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.metastore.Eventually;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.server.tls.RefusedCertificate;
import io.metastore.server.tls.TestAuthority;
import io.metastore.server.tls.TestAuthority.Issued;
import io.metastore.server.tls.TlsFailure;
import io.metastore.server.tls.TlsOffer;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Members that dial and members that listen, over real connections: who believes whom, and what is said about
/// the others.
class PeerTlsTest {
    private static final byte[] ELSEWHERE = {10, 9, 8, 7};

    @TempDir
    Path folder;

    private TestAuthority authority;
    private Issued listening;
    private Issued dialing;

    @BeforeEach
    void issue() throws IOException {
        authority = new TestAuthority(folder, "ca");
        listening = authority.issue("listening");
        dialing = authority.issue("dialing");
    }

    /// A member with TLS between members; `more` are pairs of a key and its value.
    private static PeerTls member(String... more) throws TlsFailure {
        Map<String, String> keys = new HashMap<>(Map.of("listen-peer-urls", "https://127.0.0.1:0"));
        for (int i = 0; i < more.length; i += 2) {
            keys.put(more[i], more[i + 1]);
        }
        return PeerTls.from(TestConfig.with(keys));
    }

    /// A member that believes in the authority of this test.
    private PeerTls member(Issued own, String... more) throws TlsFailure {
        String[] all = java.util.Arrays.copyOf(more, more.length + 6);
        all[more.length] = "peer-cert-file";
        all[more.length + 1] = own.certFile().toString();
        all[more.length + 2] = "peer-key-file";
        all[more.length + 3] = own.keyFile().toString();
        all[more.length + 4] = "peer-trusted-ca-file";
        all[more.length + 5] = authority.certFile.toString();
        return member(all);
    }

    private static ServedPort served(TlsOffer offer) throws IOException {
        return new ServedPort(
                Map.of("listen-client-urls", "https://127.0.0.1:0"), Optional.of(offer), Duration.ofSeconds(5));
    }

    private static ServedPort served(PeerTls member) throws IOException {
        return served(member.server().orElseThrow());
    }

    private static ManagedChannel channel(ServedPort served, SslContext context) {
        return served.channelBuilder().sslContext(context).build();
    }

    private static long call(ManagedChannel channel) {
        return KVGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .range(RangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("abc"))
                        .build())
                .getCount();
    }

    private static long dial(ServedPort served, SslContext context) {
        ManagedChannel channel = channel(served, context);
        try {
            return call(channel);
        } finally {
            channel.shutdownNow();
        }
    }

    private static long dial(ServedPort served, PeerTls member) {
        return dial(served, member.client().orElseThrow());
    }

    private static StatusRuntimeException fails(ServedPort served, SslContext context) {
        StatusRuntimeException failure = assertThrows(StatusRuntimeException.class, () -> dial(served, context));
        assertEquals(Status.Code.UNAVAILABLE, failure.getStatus().getCode(), failure::toString);
        return failure;
    }

    /// Dials and is refused by the member that listens, which says `why`.
    private static void isNotLetIn(PeerTls listener, SslContext context, String why) throws Exception {
        try (Warnings warnings = new Warnings(Complaints.class);
                ServedPort served = served(listener)) {
            fails(served, context);
            String line = warnings.next();
            assertTrue(line.contains(why), line);
        }
    }

    /// Dials a member and refuses it with a message and a line in the log that say `why`.
    private static void isNotDialed(PeerTls dialer, TlsOffer offer, String why) throws Exception {
        try (Warnings warnings = new Warnings(PeerTls.class);
                ServedPort served = served(offer)) {
            StatusRuntimeException failure = fails(served, dialer.client().orElseThrow());
            String message = RefusedCertificate.in(failure).orElseThrow().getMessage();
            assertTrue(message.startsWith("localhost:" + served.port() + " shows a certificate of CN="), message);
            assertTrue(message.contains(why), message);
            String line = warnings.next();
            assertTrue(line.startsWith("member is not dialed: localhost:") && line.contains(why), line);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLS1.2", "TLS1.3"})
    void membersOfOneAuthorityBelieveEachOther(String version) throws Exception {
        String[] keys = {
            "peer-cert-allowed-cn",
            "listening,dialing",
            "peer-crl-file",
            authority.revoke(authority.issue("other")).toString(),
            "tls-min-version",
            version,
            "tls-max-version",
            version
        };
        try (PeerTls listener = member(listening, keys);
                PeerTls dialer = member(dialing, keys);
                ServedPort served = served(listener)) {
            assertEquals(3, dial(served, dialer));
        }
    }

    @Test
    void anAllowedHostNameIsEnough() throws Exception {
        try (PeerTls listener = member(listening, "peer-cert-allowed-hostname", "other.test,dialing.test");
                PeerTls dialer = member(dialing, "peer-cert-allowed-hostname", "listening.test");
                ServedPort served = served(listener)) {
            assertEquals(3, dial(served, dialer));
        }
    }

    @Test
    void whoConnectsNeedsACertificate() throws Exception {
        SslContext nothing = GrpcSslContexts.forClient()
                .trustManager(authority.certFile.toFile())
                .build();
        try (PeerTls listener = member(listening)) {
            isNotLetIn(listener, nothing, "Empty client certificate chain");
        }
    }

    @Test
    void whoConnectsWithAnExpiredCertificate() throws Exception {
        Issued late = authority.issue("late", Instant.now().minus(Duration.ofHours(1)));
        SslContext context = GrpcSslContexts.forClient()
                .trustManager(authority.certFile.toFile())
                .keyManager(late.certFile().toFile(), late.keyFile().toFile())
                .build();
        try (PeerTls listener = member(listening)) {
            isNotLetIn(
                    listener,
                    context,
                    "which has expired at " + late.certificate().getNotAfter().toInstant());
        }
    }

    /// A resumed session shows no certificate.
    @Test
    void whoConnectsAgainWithACertificateThatHasRunOut() throws Exception {
        Issued soon = authority.issue("soon", Instant.now().plus(Duration.ofSeconds(5)));
        Instant late = soon.certificate().getNotAfter().toInstant().plusSeconds(1);
        SslContext context = GrpcSslContexts.forClient()
                .trustManager(authority.certFile.toFile())
                .keyManager(soon.certFile().toFile(), soon.keyFile().toFile())
                .build();
        try (PeerTls listener = member(listening);
                ServedPort served = served(listener)) {
            assertEquals(3, dial(served, context));
            Eventually.holds("the certificate has run out", () -> Instant.now().isAfter(late));
            fails(served, context);
        }
    }

    private void isNotLetIn(Issued shown, String why, String... keys) throws Exception {
        try (PeerTls listener = member(listening, keys);
                PeerTls dialer = member(
                        dialing,
                        "peer-client-cert-file",
                        shown.certFile().toString(),
                        "peer-client-key-file",
                        shown.keyFile().toString())) {
            isNotLetIn(listener, dialer.client().orElseThrow(), why);
        }
    }

    @Test
    void whoConnectsWithACertificateThatIsNotLetIn() throws Exception {
        isNotLetIn(
                new TestAuthority(folder, "foreign").issue("stranger"),
                "which is signed by no authority of peer-trusted-ca-file \"" + authority.certFile + "\"");
        Issued revoked = authority.issue("revoked");
        isNotLetIn(
                revoked,
                "shows a certificate of CN=revoked (serial number "
                        + revoked.certificate().getSerialNumber().toString(16) + "), which is revoked",
                "peer-crl-file",
                authority.revoke(revoked).toString());
        isNotLetIn(
                authority.issue("third"),
                "has none of the allowed common names (first, second)",
                "peer-cert-allowed-cn",
                "first,second");
        isNotLetIn(
                authority.issue("third"),
                "bears none of the allowed host names (first.test)",
                "peer-cert-allowed-hostname",
                "first.test");
    }

    /// As in etcd a certificate is good at the addresses that it names only, unless that is not asked.
    @Test
    void whoConnectsFromElsewhere() throws Exception {
        Issued elsewhere = authority.issue("elsewhere", List.of(ELSEWHERE), List.of());
        isNotLetIn(elsewhere, "which is for 10.9.8.7 only");
        Issued named = authority.issue("named", List.of(), List.of("localhost"));
        Issued nameless = authority.issue("nameless", List.of(), List.of());
        for (Issued shown : List.of(named, nameless, elsewhere)) {
            try (PeerTls listener = member(
                            listening, "peer-skip-client-san-verification", Boolean.toString(shown == elsewhere));
                    PeerTls dialer = member(shown);
                    ServedPort served = served(listener)) {
                assertEquals(3, dial(served, dialer), shown::toString);
            }
        }
    }

    @Test
    void whoIsDialedWithAnExpiredCertificate() throws Exception {
        Issued late = authority.issue("late", Instant.now().minus(Duration.ofHours(1)));
        SslContext context = GrpcSslContexts.configure(SslContextBuilder.forServer(
                        late.certFile().toFile(), late.keyFile().toFile()))
                .build();
        try (PeerTls dialer = member(dialing)) {
            isNotDialed(
                    dialer,
                    connection -> context.newHandler(connection.alloc()),
                    "which has expired at " + late.certificate().getNotAfter().toInstant());
        }
    }

    private void isNotDialed(Issued shown, String why, String... keys) throws Exception {
        try (PeerTls listener = member(shown);
                PeerTls dialer = member(dialing, keys)) {
            isNotDialed(dialer, listener.server().orElseThrow(), why);
        }
    }

    @Test
    void whoIsDialedWithACertificateThatIsNotBelieved() throws Exception {
        isNotDialed(
                new TestAuthority(folder, "foreign").issue("stranger"),
                "which is signed by no authority of peer-trusted-ca-file");
        isNotDialed(
                listening,
                "which is revoked",
                "peer-crl-file",
                authority.revoke(listening).toString());
        isNotDialed(listening, "has none of the allowed common names (other)", "peer-cert-allowed-cn", "other");
        isNotDialed(
                listening,
                "bears none of the allowed host names (other.test)",
                "peer-cert-allowed-hostname",
                "other.test");
        isNotDialed(
                authority.issue("elsewhere", List.of(ELSEWHERE), List.of("a.test")),
                "which is for a.test, 10.9.8.7 only");
        // Common names are no host names, as in Go.
        isNotDialed(authority.issue("localhost", List.of(), List.of()), "which is for no host only");
    }

    /// The channel stays, its context stays, and the files are other ones.
    @Test
    void filesAreReplacedWhileMembersRun() throws Exception {
        Path list = authority.revoke(authority.issue("other"));
        try (PeerTls listener =
                        member(listening, "peer-cert-allowed-cn", "dialing,second", "peer-crl-file", list.toString());
                PeerTls dialer = member(dialing, "peer-cert-allowed-cn", "second");
                ServedPort served = served(listener)) {
            ManagedChannel channel = channel(served, dialer.client().orElseThrow());
            assertFalse(isThrough(channel), "the member that listens is not the second");
            Issued second = authority.issue("second");
            replace(second, listening);
            Eventually.holds("the channel is through", () -> isThrough(channel));
            channel.shutdownNow();

            authority.revoke(dialing);
            Eventually.holds("the member that listens has read its new files", () -> !isThrough(served, dialer));
            replace(second, dialing);
            Eventually.holds("the member that dials has read its new files", () -> isThrough(served, dialer));
        }
    }

    private static void replace(Issued with, Issued replaced) throws IOException {
        Files.copy(with.certFile(), replaced.certFile(), StandardCopyOption.REPLACE_EXISTING);
        Files.copy(with.keyFile(), replaced.keyFile(), StandardCopyOption.REPLACE_EXISTING);
    }

    private static boolean isThrough(ManagedChannel channel) {
        channel.resetConnectBackoff();
        try {
            return call(channel) == 3;
        } catch (StatusRuntimeException refused) {
            assertEquals(Status.Code.UNAVAILABLE, refused.getStatus().getCode(), refused::toString);
            return false;
        }
    }

    private static boolean isThrough(ServedPort served, PeerTls dialer) {
        ManagedChannel channel = channel(served, dialer.client().orElseThrow());
        try {
            return isThrough(channel);
        } finally {
            channel.shutdownNow();
        }
    }

    /// Nobody can verify what everybody makes for himself.
    @Test
    void certificatesThatMembersMakeThemselves() throws Exception {
        Path one = folder.resolve("one");
        Path two = folder.resolve("two");
        try (PeerTls listener =
                        member("peer-auto-tls", "true", "data-dir", one.toString(), "peer-client-cert-auth", "true");
                PeerTls dialer = member("peer-auto-tls", "true", "data-dir", two.toString());
                ServedPort served = served(listener)) {
            assertEquals(3, dial(served, dialer));
            assertTrue(Files.exists(one.resolve("peer-auto-tls/cert.pem")));
            assertTrue(Files.exists(two.resolve("peer-auto-tls/key.pem")));
        }
    }

    @Test
    void aCertificateOfItsOwnMakesAutoTlsVoid() throws Exception {
        try (PeerTls listener = member(
                        "peer-auto-tls",
                        "true",
                        "data-dir",
                        folder.resolve("one").toString());
                PeerTls dialer = member(dialing, "peer-auto-tls", "true")) {
            isNotDialed(dialer, listener.server().orElseThrow(), "which is signed by no authority");
        }
    }

    @Test
    void membersThatSpeakInTheClear() throws Exception {
        try (PeerTls member = PeerTls.from(TestConfig.with(Map.of()))) {
            assertEquals(Optional.empty(), member.server());
            assertEquals(Optional.empty(), member.client());
        }
    }

    /// As in etcd: behind something else that speaks TLS for it, a member has no certificate and dials others.
    @Test
    void aMemberThatOnlyDials() throws Exception {
        try (PeerTls member = PeerTls.from(TestConfig.with(Map.of(
                "initial-cluster",
                "default=http://localhost:2380,other=https://other.test:2380",
                "peer-trusted-ca-file",
                authority.certFile.toString())))) {
            assertEquals(Optional.empty(), member.server());
            SslContext context = GrpcSslContexts.configure(SslContextBuilder.forServer(
                            listening.certFile().toFile(), listening.keyFile().toFile()))
                    .build();
            try (ServedPort served = served(connection -> context.newHandler(connection.alloc()))) {
                assertEquals(3, dial(served, member));
            }
        }
    }

    @Test
    void filesThatCannotBeUsedAreNamedByTheirFlags() throws Exception {
        Path nowhere = folder.resolve("nowhere.pem");
        assertEquals(
                "peer-crl-file: \"" + nowhere + "\" does not exist",
                assertThrows(TlsFailure.class, () -> member(listening, "peer-crl-file", nowhere.toString()))
                        .getMessage());
        Issued late = authority.issue("late", Instant.now().minus(Duration.ofHours(1)));
        assertTrue(assertThrows(
                        TlsFailure.class,
                        () -> member(
                                listening,
                                "peer-client-cert-file",
                                late.certFile().toString(),
                                "peer-client-key-file",
                                late.keyFile().toString()))
                .getMessage()
                .startsWith("peer-client-cert-file: \"" + late.certFile() + "\" has expired at "));
    }
}
