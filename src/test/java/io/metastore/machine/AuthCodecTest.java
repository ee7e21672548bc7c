package io.metastore.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.metastore.auth.AuthChange;
import io.metastore.auth.Permission;
import io.metastore.auth.Principal;
import io.metastore.value.Bytes;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Who asks, and changes of users and roles, are the same on every member.
class AuthCodecTest {
    private static final List<AuthChange> CHANGES = List.of(
            new AuthChange.Enable(),
            new AuthChange.Disable(),
            new AuthChange.AddUser("é", "hash-of-it", false),
            new AuthChange.AddUser("u", "", true),
            new AuthChange.DeleteUser("u"),
            new AuthChange.ChangePassword("u", "hash-of-it"),
            new AuthChange.GrantRole("u", "r"),
            new AuthChange.RevokeRole("u", "r"),
            new AuthChange.AddRole("r"),
            new AuthChange.DeleteRole("r"),
            new AuthChange.GrantPermission("r", null),
            new AuthChange.GrantPermission(
                    "r", new Permission(Permission.Type.READ, Bytes.EMPTY, Bytes.wrap(new byte[] {0}))),
            new AuthChange.GrantPermission(
                    "r", new Permission(Permission.Type.READ_WRITE, Bytes.wrap(new byte[] {-1}), Bytes.EMPTY)),
            new AuthChange.RevokePermission("r", Bytes.utf8("k"), Bytes.utf8("l")),
            new AuthChange.LogIn("u", 1L << 60, "hash-of-it"));

    private static Command<?> again(Command<?> command) throws Exception {
        return CommandCodec.decode(io.metastore.machine.replicated.Command.parseFrom(CommandCodec.encode(command)));
    }

    @Test
    void everyChangeIsDecodedToAnEqualOne() throws Exception {
        assertEquals(
                AuthChange.class.getPermittedSubclasses().length,
                CHANGES.stream().map(Object::getClass).distinct().count());
        Principal who = new Principal("é", 77);
        for (AuthChange change : CHANGES) {
            Command<?> plain = new Command.ChangeAuth(change);
            assertEquals(plain, again(plain));
            Command<?> asked = new Command.As<>(who, new Command.ChangeAuth(change));
            assertEquals(asked, again(asked));
        }
        Command<?> put = new Command.As<>(
                new Principal("", -1), new Command.Put(Bytes.utf8("k"), Bytes.EMPTY, 0, false, false, false));
        assertEquals(put, again(put));
    }

    @Test
    void nobodyAsksForNobody() {
        Command.Compact compact = new Command.Compact(5);
        assertThrows(IllegalArgumentException.class, () -> new Command.As<>(Principal.NOBODY, compact));
        Command.As<Result.Compact> asked = new Command.As<>(new Principal("u", 1), compact);
        assertThrows(IllegalArgumentException.class, () -> new Command.As<>(new Principal("u", 1), asked));
    }

    /// Logs and messages show what was done and to whom, no hashes and no secrets.
    @Test
    void noTextHoldsASecret() {
        for (AuthChange change : CHANGES) {
            Command<?> command = new Command.As<>(new Principal("u", 1), new Command.ChangeAuth(change));
            assertFalse(command.toString().contains("hash-of-it"), command::toString);
            List<String> lines =
                    EntryText.lines(EntryCodec.encode(Origin.NONE, List.of(CommandCodec.encode(command))), true);
            assertFalse(String.join("\n", lines).contains("hash-of-it"), lines::toString);
        }
    }
}
