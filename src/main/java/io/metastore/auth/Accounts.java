package io.metastore.auth;

import io.metastore.engine.Cursor;
import io.metastore.engine.Reads;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import io.metastore.mvcc.CorruptRow;
import io.metastore.mvcc.RowReader;
import io.metastore.mvcc.RowWriter;
import io.metastore.value.Bytes;
import io.metastore.value.StoreError;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Keeps users, roles and whether permissions are checked, by etcd's rules. Changed on the apply thread; an immutable
/// copy is published for readers with each change.
///
/// Rows of the table AUTH: a byte that says what it is, and the name; the settings have none.
public final class Accounts {
    private static final byte FORMAT = 1;
    private static final byte SETTINGS = 0;
    private static final byte USER = 1;
    private static final byte ROLE = 2;
    private static final byte[] SETTINGS_KEY = {SETTINGS};

    private static final Optional<StoreError> DONE = Optional.empty();

    private volatile AuthState state;

    public Accounts(Reads reads) {
        boolean enabled = false;
        long revision = AuthState.NEW.revision();
        Map<String, User> users = new HashMap<>();
        Map<String, Role> roles = new HashMap<>();
        try (Cursor rows = reads.cursor(Table.AUTH, new byte[0], null)) {
            while (rows.next()) {
                RowReader key = new RowReader("the key of an account", rows.key());
                byte kind = key.tag();
                String name = new String(key.rest(), StandardCharsets.UTF_8);
                RowReader row = new RowReader("the row of account " + name, rows.value()).format(FORMAT);
                switch (kind) {
                    case SETTINGS -> {
                        enabled = row.tag() != 0;
                        revision = row.number();
                    }
                    case USER -> users.put(name, user(name, row));
                    case ROLE -> roles.put(name, role(name, row));
                    default -> throw new CorruptRow("an account of unknown kind " + kind);
                }
                row.end();
            }
        }
        state = new AuthState(enabled, revision, users, roles);
    }

    public AuthState state() {
        return state;
    }

    /// Makes a change, unless it is refused by etcd's rules, which are looked through in etcd's order. A change that
    /// leaves all as it is, such as a role granted twice, is none.
    public Optional<StoreError> change(AuthChange change, WriteBatch batch) {
        AuthState now = state;
        Optional<StoreError> refusal = refusal(change, now);
        if (refusal.isPresent()) {
            return refusal;
        }
        if (change instanceof AuthChange.LogIn) {
            return DONE; // nothing to be kept
        }
        Edit edit = new Edit(now, batch);
        switch (change) {
            case AuthChange.Enable _ -> edit.enabled = true;
            case AuthChange.Disable _ -> {
                edit.changed = now.enabled();
                edit.enabled = false;
            }
            case AuthChange.AddUser add ->
                edit.put(new User(add.name(), add.passwordHash(), add.passwordless(), List.of()));
            case AuthChange.DeleteUser delete -> edit.deleteUser(delete.name());
            case AuthChange.ChangePassword to -> {
                User user = edit.users.get(to.name());
                String hash = user.passwordless() ? "" : to.passwordHash();
                edit.put(new User(user.name(), hash, user.passwordless(), user.roles()));
            }
            case AuthChange.GrantRole(String user, String role) -> {
                if (!now.hasRole(user, role)) {
                    edit.grant(user, role);
                }
            }
            case AuthChange.RevokeRole(String user, String role) -> edit.revoke(user, role);
            case AuthChange.AddRole(String name) -> edit.put(new Role(name, List.of()));
            case AuthChange.DeleteRole(String name) -> edit.deleteRole(name);
            case AuthChange.GrantPermission(String role, Permission permission) -> edit.grant(role, permission);
            case AuthChange.RevokePermission revoke -> edit.revoke(revoke);
            case AuthChange.LogIn _ -> throw new IllegalStateException("a login changes nothing");
        }
        state = edit.end();
        return DONE;
    }

    private static Optional<StoreError> refusal(AuthChange change, AuthState now) {
        return switch (change) {
            case AuthChange.Enable _ -> now.enabled() ? DONE : noRoot(now);
            case AuthChange.Disable _ -> DONE;
            case AuthChange.AddUser add -> {
                if (add.name().isEmpty()) {
                    yield refused(StoreError.USER_EMPTY);
                }
                yield unless(!now.users().containsKey(add.name()), StoreError.USER_EXISTS);
            }
            case AuthChange.DeleteUser(String name) ->
                now.enabled() && name.equals(User.ROOT)
                        ? refused(StoreError.INVALID_AUTH_MANAGEMENT)
                        : userThere(now, name);
            case AuthChange.ChangePassword to -> userThere(now, to.name());
            case AuthChange.GrantRole(String user, String role) ->
                userThere(now, user).or(() -> role.equals(Role.ROOT) ? DONE : roleThere(now, role));
            case AuthChange.RevokeRole(String user, String role) -> {
                if (now.enabled() && user.equals(User.ROOT) && role.equals(Role.ROOT)) {
                    yield refused(StoreError.INVALID_AUTH_MANAGEMENT);
                }
                yield userThere(now, user).or(() -> unless(now.hasRole(user, role), StoreError.ROLE_NOT_GRANTED));
            }
            case AuthChange.AddRole(String name) -> {
                if (name.isEmpty()) {
                    yield refused(StoreError.ROLE_EMPTY);
                }
                yield unless(!now.roles().containsKey(name), StoreError.ROLE_EXISTS);
            }
            case AuthChange.DeleteRole(String name) ->
                now.enabled() && name.equals(Role.ROOT)
                        ? refused(StoreError.INVALID_AUTH_MANAGEMENT)
                        : roleThere(now, name);
            case AuthChange.GrantPermission(String role, Permission permission) -> {
                if (permission == null) {
                    yield refused(StoreError.PERMISSION_NOT_GIVEN);
                }
                yield permission.isRange() ? roleThere(now, role) : refused(StoreError.INVALID_AUTH_MANAGEMENT);
            }
            case AuthChange.RevokePermission revoke ->
                roleThere(now, revoke.role())
                        .or(() -> unless(
                                now.roles().get(revoke.role()).permissions().stream()
                                        .anyMatch(granted -> granted.covers(revoke.key(), revoke.rangeEnd())),
                                StoreError.PERMISSION_NOT_GRANTED));
            case AuthChange.LogIn in -> logIn(in, now);
        };
    }

    private static Optional<StoreError> noRoot(AuthState now) {
        User root = now.users().get(User.ROOT);
        return root == null
                ? refused(StoreError.ROOT_USER_MISSING)
                : unless(root.isRoot(), StoreError.ROOT_ROLE_MISSING);
    }

    private static Optional<StoreError> logIn(AuthChange.LogIn in, AuthState now) {
        if (!now.enabled()) {
            return refused(StoreError.AUTH_NOT_ENABLED);
        }
        User user = now.users().get(in.user());
        if (user == null || user.passwordless()) {
            return refused(StoreError.AUTH_FAILED);
        }
        return unless(in.revision() == now.revision(), StoreError.AUTH_OLD_REVISION);
    }

    private static Optional<StoreError> userThere(AuthState now, String name) {
        return unless(now.users().containsKey(name), StoreError.USER_NOT_FOUND);
    }

    private static Optional<StoreError> roleThere(AuthState now, String name) {
        return unless(now.roles().containsKey(name), StoreError.ROLE_NOT_FOUND);
    }

    private static Optional<StoreError> unless(boolean right, StoreError error) {
        return right ? DONE : refused(error);
    }

    private static Optional<StoreError> refused(StoreError error) {
        return Optional.of(error);
    }

    /// The next state in the making, row by row.
    private static final class Edit {
        private final AuthState before;
        private final WriteBatch batch;
        /// Those of `before` until one of them changes: a change of one user copies no role, and the other way round.
        private Map<String, User> users;
        private Map<String, Role> roles;
        private boolean enabled;
        private boolean changed;

        private Edit(AuthState before, WriteBatch batch) {
            this.before = before;
            this.users = before.users;
            this.roles = before.roles;
            this.batch = batch;
            this.enabled = before.enabled();
        }

        private Map<String, User> ownUsers() {
            if (users == before.users) {
                users = new HashMap<>(users);
            }
            return users;
        }

        private Map<String, Role> ownRoles() {
            if (roles == before.roles) {
                roles = new HashMap<>(roles);
            }
            return roles;
        }

        private void put(User user) {
            ownUsers().put(user.name(), user);
            batch.put(Table.AUTH, key(USER, user.name()), encode(user));
            changed = true;
        }

        private void put(Role role) {
            ownRoles().put(role.name(), role);
            batch.put(Table.AUTH, key(ROLE, role.name()), encode(role));
            changed = true;
        }

        private void deleteUser(String name) {
            ownUsers().remove(name);
            batch.delete(Table.AUTH, key(USER, name));
            changed = true;
        }

        /// Takes it from everybody who has it (AUT-17).
        private void deleteRole(String name) {
            ownRoles().remove(name);
            batch.delete(Table.AUTH, key(ROLE, name));
            for (User user : List.copyOf(users.values())) {
                if (user.roles().contains(name)) {
                    revoke(user.name(), name);
                }
            }
            changed = true;
        }

        private void grant(String name, String role) {
            User user = users.get(name);
            List<String> all = new ArrayList<>(user.roles());
            all.add(role);
            all.sort(Comparator.comparing(Bytes::utf8));
            put(user.withRoles(all));
        }

        private void revoke(String name, String role) {
            User user = users.get(name);
            put(user.withRoles(
                    user.roles().stream().filter(other -> !other.equals(role)).toList()));
        }

        /// In place of the first that begins with the same key, if it has the same range. etcd looks no further
        /// either: of two that begin alike, the later is not replaced but joined.
        private void grant(String name, Permission permission) {
            List<Permission> all = new ArrayList<>(roles.get(name).permissions());
            int same = 0;
            while (same < all.size() && all.get(same).key().compareTo(permission.key()) < 0) {
                same++;
            }
            if (same < all.size() && all.get(same).covers(permission.key(), permission.rangeEnd())) {
                all.set(same, permission);
            } else {
                all.add(permission);
                all.sort(Comparator.comparing(Permission::key));
            }
            put(new Role(name, all));
        }

        private void revoke(AuthChange.RevokePermission revoke) {
            put(new Role(
                    revoke.role(),
                    roles.get(revoke.role()).permissions().stream()
                            .filter(granted -> !granted.covers(revoke.key(), revoke.rangeEnd()))
                            .toList()));
        }

        private AuthState end() {
            if (!changed && enabled == before.enabled()) {
                return before;
            }
            long revision = before.revision() + (changed ? 1 : 0);
            byte[] row = new byte[1 + 1 + RowWriter.sizeOf(revision)];
            new RowWriter(row, 0).tag(FORMAT).tag((byte) (enabled ? 1 : 0)).number(revision);
            batch.put(Table.AUTH, SETTINGS_KEY, row);
            return new AuthState(enabled, revision, users, roles);
        }
    }

    static byte[] key(byte kind, String name) {
        byte[] text = utf8(name);
        byte[] key = new byte[1 + text.length];
        new RowWriter(key, 0).tag(kind).rest(text);
        return key;
    }

    /// Format (1 byte), whether without password (1 byte), hash of the password, roles behind how many there are.
    static byte[] encode(User user) {
        int size = 1
                + 1
                + sizeOf(user.passwordHash())
                + RowWriter.sizeOf(user.roles().size())
                + user.roles().stream().mapToInt(Accounts::sizeOf).sum();
        byte[] row = new byte[size];
        RowWriter out = new RowWriter(row, 0)
                .tag(FORMAT)
                .tag((byte) (user.passwordless() ? 1 : 0))
                .bytes(utf8(user.passwordHash()))
                .number(user.roles().size());
        user.roles().forEach(role -> out.bytes(utf8(role)));
        return row;
    }

    /// Reads what is behind the format.
    static User user(String name, RowReader row) {
        boolean passwordless = row.tag() != 0;
        String hash = text(row);
        int count = row.count();
        List<String> roles = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            roles.add(text(row));
        }
        return new User(name, hash, passwordless, roles);
    }

    /// Format (1 byte), how many permissions; of each its type, key and range end.
    static byte[] encode(Role role) {
        int size = 1 + RowWriter.sizeOf(role.permissions().size());
        for (Permission permission : role.permissions()) {
            size += 1
                    + RowWriter.sizeOfBytes(permission.key().length())
                    + RowWriter.sizeOfBytes(permission.rangeEnd().length());
        }
        byte[] row = new byte[size];
        RowWriter out =
                new RowWriter(row, 0).tag(FORMAT).number(role.permissions().size());
        for (Permission permission : role.permissions()) {
            out.tag((byte) permission.type().ordinal())
                    .bytes(permission.key().array())
                    .bytes(permission.rangeEnd().array());
        }
        return row;
    }

    /// Reads what is behind the format.
    static Role role(String name, RowReader row) {
        int count = row.count();
        List<Permission> permissions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte type = row.tag();
            if (type < 0 || type >= Permission.Type.values().length) {
                throw new CorruptRow("role " + name + " has a permission of unknown type " + type);
            }
            permissions.add(
                    new Permission(Permission.Type.values()[type], Bytes.wrap(row.bytes()), Bytes.wrap(row.bytes())));
        }
        return new Role(name, permissions);
    }

    private static int sizeOf(String text) {
        return RowWriter.sizeOfBytes(utf8(text).length);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(RowReader in) {
        return new String(in.bytes(), StandardCharsets.UTF_8);
    }
}
