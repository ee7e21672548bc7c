package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.op;
import static io.metastore.blackbox.Requests.put;
import static io.metastore.blackbox.Requests.then;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.metastore.api.etcd.etcdserverpb.HashKVRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseTimeToLiveRequest;
import io.metastore.api.etcd.mvccpb.KeyValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The jar and the native executable are one program: each opens what the other left behind, wherever it was ended.
/// Runs with `-Dmetastore.target=native` where the jar has been packaged as well.
@Tag("blackbox")
@Timeout(300)
@EnabledIfSystemProperty(
        named = "metastore.target",
        matches = "native",
        disabledReason = "needs both programs: package the jar, then the native executable, and run with"
                + " -Dmetastore.target=native")
class NativeDataIT {
    private static final int KEYS = 120;
    private static final Duration SNAPSHOT_WITHIN = Duration.ofSeconds(60);

    /// What clients see of a store.
    private record Contents(List<KeyValue> pairs, long revision, int hash, long ttl) {
        static Contents of(Client client, long lease) {
            return new Contents(
                    client.range(Requests.range(Requests.FROM_KEY, Requests.FROM_KEY))
                            .getKvsList(),
                    client.revision(),
                    client.maintenance()
                            .hashKV(HashKVRequest.getDefaultInstance())
                            .getHash(),
                    client.lease()
                            .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
                                    .setID(lease)
                                    .build())
                            .getGrantedTTL());
        }
    }

    @BeforeEach
    void bothProgramsAreThere() {
        Path jar = Path.of(System.getProperty("metastore.home", "."), "target/quarkus-app/quarkus-run.jar");
        Assumptions.assumeTrue(Files.exists(jar), "the jar has not been packaged");
    }

    @ParameterizedTest
    @CsvSource({"jar,native", "native,jar", "native,native"})
    void opensWhatTheOtherLeftBehindASnapshot(String first, String second) throws Exception {
        try (Member member = Member.start(program(first), List.of("--snapshot-count=50"))) {
            long lease = fill(member.client());
            Set<String> snapshots = awaitSnapshotOtherThan(Set.of(), member);
            Contents written = Contents.of(member.client(), lease);

            member.kill();
            member.restartAs(program(second));
            assertEquals(written, Contents.of(member.client(), lease));

            fill(member.client());
            awaitSnapshotOtherThan(snapshots, member);
            written = Contents.of(member.client(), lease);
            member.stop();
            member.restartAs(program(first));
            assertEquals(written, Contents.of(member.client(), lease));
        }
    }

    @ParameterizedTest
    @CsvSource({"jar,native", "native,jar", "native,native"})
    void opensWhatTheOtherLeftWithoutASnapshot(String first, String second) throws Exception {
        try (Member member = Member.start(program(first), List.of())) {
            long lease = fill(member.client());
            Contents written = Contents.of(member.client(), lease);

            member.kill();
            member.restartAs(program(second));
            assertEquals(written, Contents.of(member.client(), lease));

            fill(member.client());
            written = Contents.of(member.client(), lease);
            member.kill();
            member.restartAs(program(first));
            assertEquals(written, Contents.of(member.client(), lease));
            assertEquals(Set.of(), snapshots(member), "no snapshot was asked for");
        }
    }

    private static MemberTarget.Program program(String name) {
        return name.equals("jar") ? MemberTarget.jar() : MemberTarget.nativeExecutable();
    }

    /// Writes what a data directory can hold: versions, large values, deleted and leased keys, a compaction.
    private static long fill(Client client) {
        Keys keys = Keys.none();
        long lease = client.grant(3600);
        for (int i = 0; i < KEYS; i++) {
            client.put(keys.key("many/" + i), "value " + i);
        }
        client.put(keys.key("large"), "x".repeat(100_000));
        client.kv().put(put(keys.key("leased"), "1").setLease(lease).build());
        client.txn(then(op(put(keys.key("a"), "1")), op(put(keys.key("b"), "2"))));
        client.kv().compact(Requests.compaction(client.revision() - KEYS / 2));
        client.delete(keys.key("many/7"));
        return lease;
    }

    private static Set<String> awaitSnapshotOtherThan(Set<String> known, Member member) throws Exception {
        long deadline = System.nanoTime() + SNAPSHOT_WITHIN.toNanos();
        Set<String> found = snapshots(member);
        while (known.containsAll(found)) {
            assertFalse(System.nanoTime() > deadline, () -> "no snapshot was taken: " + member.log());
            Thread.sleep(20);
            found = snapshots(member);
        }
        return found;
    }

    /// The complete snapshots: JRaft gives a folder its name when everything is in it.
    private static Set<String> snapshots(Member member) throws Exception {
        try (Stream<Path> folders = Files.list(member.dataDir().resolve("member/raft/snapshot"))) {
            return folders.map(folder -> folder.getFileName().toString())
                    .filter(name -> name.startsWith("snapshot_"))
                    .collect(Collectors.toSet());
        }
    }
}
