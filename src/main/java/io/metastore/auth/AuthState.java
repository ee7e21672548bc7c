package io.metastore.auth;

import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import io.metastore.value.StoreError;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// Users, roles and permissions as of one revision of theirs. Immutable; any thread may ask.
///
/// Every question has an answer in the words of [StoreError], empty for yes. While permissions are not checked the
/// answer is always yes.
public final class AuthState {
    /// In the order of their bytes in UTF-8, which is not Java's (AUT-34).
    private static final Comparator<String> BY_BYTES = Comparator.comparing(Bytes::utf8);

    /// Of a new store: nobody is known, and everybody may do everything.
    public static final AuthState NEW = new AuthState(false, 1, Map.of(), Map.of());

    private static final Optional<StoreError> YES = Optional.empty();

    private final boolean enabled;
    private final long revision;
    final Map<String, User> users;
    final Map<String, Role> roles;
    /// Made when a user first asks.
    private final Map<String, Compiled> compiled = new ConcurrentHashMap<>();

    private record Compiled(boolean root, Grants reads, Grants writes) {}

    /// @param users kept as it is and shared with the next states: nobody changes it from now on
    /// @param roles kept in the same way
    AuthState(boolean enabled, long revision, Map<String, User> users, Map<String, Role> roles) {
        this.enabled = enabled;
        this.revision = revision;
        this.users = users;
        this.roles = roles;
    }

    /// Whether permissions are checked.
    public boolean enabled() {
        return enabled;
    }

    /// Counts changes of users, roles and permissions, from 1 (AUT-01).
    public long revision() {
        return revision;
    }

    /// By name, in no order.
    public Map<String, User> users() {
        return Collections.unmodifiableMap(users);
    }

    /// By name, in no order.
    public Map<String, Role> roles() {
        return Collections.unmodifiableMap(roles);
    }

    /// Names in ascending order.
    public List<String> userNames() {
        return users.keySet().stream().sorted(BY_BYTES).toList();
    }

    /// Names in ascending order.
    public List<String> roleNames() {
        return roles.keySet().stream().sorted(BY_BYTES).toList();
    }

    /// Whether `who` may read all of `range`.
    public Optional<StoreError> mayRead(Principal who, KeyRange range) {
        return may(who, range, false);
    }

    /// Whether `who` may change all of `range`.
    public Optional<StoreError> mayWrite(Principal who, KeyRange range) {
        return may(who, range, true);
    }

    private Optional<StoreError> may(Principal who, KeyRange range, boolean write) {
        if (!enabled) {
            return YES;
        }
        if (who.isNobody()) {
            return Optional.of(StoreError.USER_EMPTY);
        }
        if (who.revision() < revision) {
            return Optional.of(StoreError.AUTH_OLD_REVISION);
        }
        User user = users.get(who.user());
        if (user == null) {
            return Optional.of(StoreError.PERMISSION_DENIED);
        }
        Compiled may = compiled.computeIfAbsent(who.user(), _ -> compile(user));
        boolean allowed = may.root() || (write ? may.writes() : may.reads()).cover(range);
        return allowed ? YES : Optional.of(StoreError.PERMISSION_DENIED);
    }

    private Compiled compile(User user) {
        if (user.isRoot()) {
            return new Compiled(true, Grants.NONE, Grants.NONE);
        }
        List<KeyRange> reads = new ArrayList<>();
        List<KeyRange> writes = new ArrayList<>();
        for (String name : user.roles()) {
            Role role = roles.get(name);
            for (Permission permission : role == null ? List.<Permission>of() : role.permissions()) {
                if (permission.type().reads()) {
                    reads.add(permission.range());
                }
                if (permission.type().writes()) {
                    writes.add(permission.range());
                }
            }
        }
        return new Compiled(false, new Grants(reads), new Grants(writes));
    }

    /// Whether `who` may administer the store (AUT-03). Does not ask at which revision the caller was let in.
    public Optional<StoreError> mayAdminister(Principal who) {
        if (!enabled) {
            return YES;
        }
        if (who.user().isEmpty()) {
            return Optional.of(StoreError.USER_EMPTY);
        }
        User user = users.get(who.user());
        if (user == null) {
            return Optional.of(StoreError.USER_NOT_FOUND);
        }
        return user.isRoot() ? YES : Optional.of(StoreError.PERMISSION_DENIED);
    }

    /// Whether `who` is anybody.
    public Optional<StoreError> isKnown(Principal who) {
        return enabled && who.isNobody() ? Optional.of(StoreError.USER_EMPTY) : YES;
    }

    /// Whether `user` is there and has `role`.
    public boolean hasRole(String user, String role) {
        User known = users.get(user);
        return known != null && known.roles().contains(role);
    }
}
