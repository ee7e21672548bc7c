package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.Eventually;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/// `etcdctl make-mirror` from MetaStore to a real etcd and back: how people move, and move back.
@BlackBox
@Timeout(120)
@EnabledIf(
        value = "io.metastore.blackbox.Etcdctl#isNamed",
        disabledReason = "no etcdctl to run: name one with -Dmetastore.etcdctl=PATH or ETCDCTL_BIN")
class EtcdctlMirrorIT {
    private static final int KEYS = 500;

    @TempDir
    private Path folder;

    @BeforeAll
    static void etcdIsThere() {
        Assumptions.assumeTrue(
                MemberTarget.etcd().isPresent(), "no etcd to mirror to: give one by -Dmetastore.etcd=PATH");
    }

    private Member etcd() {
        Optional<MemberTarget.Program> program = MemberTarget.etcd();
        return Member.startIn(folder, program.orElseThrow(), List.of());
    }

    @Test
    void toEtcd() {
        try (Member from = Member.startOwn();
                Member to = etcd()) {
            mirror(from, to);
        }
    }

    @Test
    void fromEtcd() {
        try (Member from = etcd();
                Member to = Member.startOwn()) {
            mirror(from, to);
        }
    }

    /// What was there is copied, and what is changed meanwhile follows.
    private static void mirror(Member from, Member to) {
        Keys keys = Keys.fresh();
        for (int i = 0; i < KEYS; i++) {
            from.client().put(keys.key("k" + i), "value " + i);
        }
        Process mirror = Etcdctl.against(from).started("make-mirror", to.endpoint());
        try {
            Eventually.holds(
                    "what was there is copied", () -> to.client().all(keys).size() == KEYS);
            from.client().put(keys.key("later"), "1");
            assertTrue(from.client().delete(keys.key("k0")) > 0);
            Eventually.holds(
                    "what is changed follows",
                    () -> to.client().get(keys.key("later")).isPresent()
                            && to.client().get(keys.key("k0")).isEmpty());
            assertTrue(mirror.isAlive());
        } finally {
            mirror.destroyForcibly();
        }
        assertEquals(texts(from, keys), texts(to, keys));
    }

    private static List<String> texts(Member member, Keys keys) {
        return member.client().all(keys).stream()
                .map(pair ->
                        pair.getKey().toStringUtf8() + "=" + pair.getValue().toStringUtf8())
                .toList();
    }
}
