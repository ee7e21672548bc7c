package io.metastore.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.metastore.engine.Engine;
import io.metastore.engine.Snapshot;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import io.metastore.engine.memory.MemoryEngine;
import io.metastore.mvcc.CorruptRow;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.StoreError;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Users and roles are the same after the state was opened again, whatever was done to them.
class AccountsTest {
    private static final List<String> NAMES = List.of("root", "a", "b", "é", "\uffff", "\ud83d\ude00");

    private final Engine engine = new MemoryEngine(1);
    private Accounts accounts;

    @BeforeEach
    void open() {
        accounts = opened();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private Accounts opened() {
        try (Snapshot snapshot = engine.snapshot()) {
            return new Accounts(snapshot);
        }
    }

    private Optional<StoreError> change(AuthChange change) {
        WriteBatch batch = engine.newBatch();
        Optional<StoreError> refusal = accounts.change(change, batch);
        engine.write(batch);
        return refusal;
    }

    private static String name(Random random) {
        return NAMES.get(random.nextInt(NAMES.size()));
    }

    private static Bytes key(Random random) {
        return random.nextInt(8) == 0 ? Bytes.wrap(new byte[] {0}) : Bytes.utf8("k" + random.nextInt(4));
    }

    private static AuthChange random(Random random) {
        String name = name(random);
        return switch (random.nextInt(12)) {
            case 0 -> new AuthChange.AddUser(name, "hash" + random.nextInt(3), random.nextBoolean());
            case 1 -> new AuthChange.DeleteUser(name);
            case 2 -> new AuthChange.ChangePassword(name, "hash" + random.nextInt(3));
            case 3, 4 -> new AuthChange.GrantRole(name, name(random));
            case 5 -> new AuthChange.RevokeRole(name, name(random));
            case 6, 7 -> new AuthChange.AddRole(name);
            case 8 ->
                random.nextInt(5) == 0 ? new AuthChange.DeleteRole(name) : new AuthChange.LogIn(name, 3, "secret");
            case 9, 10 ->
                new AuthChange.GrantPermission(
                        name,
                        new Permission(
                                Permission.Type.values()[random.nextInt(3)],
                                key(random),
                                random.nextBoolean() ? Bytes.EMPTY : key(random)));
            default ->
                random.nextInt(3) > 0
                        ? new AuthChange.RevokePermission(name, key(random), Bytes.EMPTY)
                        : random.nextBoolean() ? new AuthChange.Enable() : new AuthChange.Disable();
        };
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        Random random = new Random(4_711);
        Map<StoreError, Integer> refusals = new EnumMap<>(StoreError.class);
        int done = 0;
        for (int i = 0; i < 20_000; i++) {
            AuthChange change = random(random);
            long before = accounts.state().revision();
            Optional<StoreError> refusal = change(change);
            refusal.ifPresent(error -> refusals.merge(error, 1, Integer::sum));
            done += refusal.isEmpty() ? 1 : 0;
            AuthState now = accounts.state();
            AuthState read = opened().state();
            assertEquals(now.users(), read.users(), () -> "after " + change);
            assertEquals(now.roles(), read.roles(), () -> "after " + change);
            assertEquals(now.enabled(), read.enabled());
            assertEquals(now.revision(), read.revision());
            assertTrue(now.revision() - before <= 1);
            assertTrue(
                    refusal.isEmpty() || now.revision() == before, () -> change + " was refused and changed something");
        }
        assertTrue(done > 5_000, "done " + done);
        assertTrue(refusals.size() > 8, refusals::toString);
    }

    /// Names are in the order of their bytes, which puts U+FFFF before U+1F600 (AUT-34).
    @Test
    void namesAreInTheOrderOfTheirBytes() {
        NAMES.reversed().forEach(name -> change(new AuthChange.AddUser(name, "", true)));
        assertEquals(
                List.of("a", "b", "root", "é", "\uffff", "\ud83d\ude00"),
                accounts.state().userNames());
    }

    @Test
    void whoWasLetInEarlierIsRefusedByAnyChange() {
        change(new AuthChange.AddUser("root", "", true));
        change(new AuthChange.GrantRole("root", "root"));
        change(new AuthChange.Enable());
        Principal root = new Principal("root", accounts.state().revision());
        assertEquals(Optional.empty(), accounts.state().mayWrite(root, KeyRange.ALL));
        change(new AuthChange.AddRole("r"));
        assertEquals(Optional.of(StoreError.AUTH_OLD_REVISION), accounts.state().mayWrite(root, KeyRange.ALL));
        assertEquals(Optional.empty(), accounts.state().mayAdminister(root));
        assertEquals(Optional.of(StoreError.USER_EMPTY), accounts.state().mayRead(Principal.NOBODY, KeyRange.ALL));
    }

    /// A password that was compared at an earlier revision may have been changed since.
    @Test
    void aLoginIsOfTheRevisionOfItsComparison() {
        change(new AuthChange.AddUser("root", "h", false));
        change(new AuthChange.GrantRole("root", "root"));
        change(new AuthChange.Enable());
        long compared = accounts.state().revision();
        assertEquals(Optional.empty(), change(new AuthChange.LogIn("root", compared, "s")));
        change(new AuthChange.ChangePassword("root", "other"));
        assertEquals(Optional.of(StoreError.AUTH_OLD_REVISION), change(new AuthChange.LogIn("root", compared, "s")));
    }

    /// Bytes as they lie on disks.
    @Test
    void rowsAreThoseOfTheirFormat() {
        change(new AuthChange.AddUser("u", "hash", false));
        change(new AuthChange.AddRole("r"));
        change(new AuthChange.GrantPermission(
                "r", new Permission(Permission.Type.READ_WRITE, Bytes.utf8("k"), Bytes.utf8("l"))));
        change(new AuthChange.GrantRole("u", "r"));
        try (Snapshot snapshot = engine.snapshot()) {
            assertEquals("01000468617368" + "010172", HexFormat.of().formatHex(snapshot.get(Table.AUTH, row(1, "u"))));
            assertEquals("010102016b016c", HexFormat.of().formatHex(snapshot.get(Table.AUTH, row(2, "r"))));
            assertEquals("010005", HexFormat.of().formatHex(snapshot.get(Table.AUTH, new byte[] {0})));
        }
        WriteBatch batch = engine.newBatch();
        batch.put(Table.AUTH, row(1, "u"), new byte[] {2});
        engine.write(batch);
        assertEquals(
                "the state database is damaged: the row of account u has unknown format 2",
                assertThrows(CorruptRow.class, this::opened).getMessage());
    }

    private static byte[] row(int kind, String name) {
        return Accounts.key((byte) kind, name);
    }
}
