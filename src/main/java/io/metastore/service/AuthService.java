package io.metastore.service;

import io.metastore.auth.AuthChange;
import io.metastore.auth.AuthState;
import io.metastore.auth.Principal;
import io.metastore.auth.User;
import io.metastore.cluster.Members;
import io.metastore.machine.Command;
import io.metastore.machine.Outcome;
import io.metastore.machine.Result;
import io.metastore.service.login.Credentials;
import io.metastore.service.login.Passwords;
import io.metastore.service.login.Tokens;
import io.metastore.value.StoreError;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/// Users, roles and permissions: changes go through the log, which decides whether they are allowed; logins show a
/// password and get a token.
public final class AuthService {
    /// The first feature level whose programs know users.
    private static final int FEATURE_LEVEL = 3;

    private final Proposals proposals;
    private final Reading reading;
    private final AccessControl access;
    private final Tokens tokens;
    private final Passwords passwords;
    private final Supplier<Members> members;

    /// @param members who has to know what is proposed
    public AuthService(
            Proposals proposals,
            Reading reading,
            AccessControl access,
            Tokens tokens,
            Passwords passwords,
            Supplier<Members> members) {
        this.proposals = proposals;
        this.reading = reading;
        this.access = access;
        this.tokens = tokens;
        this.passwords = passwords;
        this.members = members;
    }

    /// Makes a change for who shows `credentials`, unless it is refused where it is applied.
    public Uni<Outcome<Result.ChangeAuth>> change(Credentials credentials, AuthChange change) {
        return access.as(credentials, who -> propose(AccessControl.of(who, new Command.ChangeAuth(change))));
    }

    private Uni<Outcome<Result.ChangeAuth>> propose(Command<Result.ChangeAuth> command) {
        return members.get().allKnow(FEATURE_LEVEL)
                ? proposals.propose(command)
                : Uni.createFrom().item(new Outcome.Refused<>(StoreError.MEMBERS_TOO_OLD));
    }

    /// Adds a user with a password, or without when `passwordless`.
    public Uni<Outcome<Result.ChangeAuth>> addUser(
            Credentials credentials, String name, String password, boolean passwordless) {
        if (passwordless) {
            return change(credentials, new AuthChange.AddUser(name, "", true));
        }
        // Who may not add users must not make this member hash.
        return access.administering(
                credentials,
                () -> passwords
                        .hash(password)
                        .flatMap(hash -> change(credentials, new AuthChange.AddUser(name, hash, false))));
    }

    /// Changes a user's password.
    ///
    /// @param hashed in Base64, of bcrypt: taken as it is when `password` is empty; nobody can log in when it is
    /// empty as well (AUT-33)
    public Uni<Outcome<Result.ChangeAuth>> changePassword(
            Credentials credentials, String name, String password, String hashed) {
        if (password.isEmpty()) {
            String hash;
            try {
                hash = new String(
                        Base64.getDecoder().decode(hashed.replace("\r", "").replace("\n", "")),
                        StandardCharsets.ISO_8859_1);
            } catch (IllegalArgumentException noBase64) {
                return Uni.createFrom().failure(new Denied(StoreError.PASSWORDLESS_USER));
            }
            return change(credentials, new AuthChange.ChangePassword(name, hash));
        }
        return access.administering(
                credentials,
                () -> passwords
                        .hash(password)
                        .flatMap(hash -> change(credentials, new AuthChange.ChangePassword(name, hash))));
    }

    /// Who has logged in.
    ///
    /// @param revision of the store when that was applied
    public record LoggedIn(String token, long revision) {}

    /// Yields a token for whom `password` belongs to; fails with [Denied]. Tried again when users or roles change in
    /// between (AUT-11).
    public Uni<LoggedIn> logIn(String name, String password) {
        return reading.linearizable(_ -> access.state()).flatMap(now -> logIn(name, password, now));
    }

    private Uni<LoggedIn> logIn(String name, String password, AuthState now) {
        if (!now.enabled()) {
            return denied(StoreError.AUTH_NOT_ENABLED);
        }
        User user = now.users().get(name);
        if (user != null && user.passwordless()) {
            return denied(StoreError.PASSWORDLESS_USER);
        }
        return passwords
                .matches(password, user == null ? "" : user.passwordHash())
                .flatMap(right ->
                        right ? logIn(name, now) : AuthService.<Optional<LoggedIn>>denied(StoreError.AUTH_FAILED))
                .flatMap(in -> in.isPresent() ? Uni.createFrom().item(in.get()) : logIn(name, password));
    }

    /// Yields nothing when users or roles have changed since the password was compared.
    private Uni<Optional<LoggedIn>> logIn(String name, AuthState now) {
        AuthChange.LogIn login = new AuthChange.LogIn(name, now.revision(), tokens.secret());
        return propose(new Command.ChangeAuth(login)).map(outcome -> switch (outcome) {
            case Outcome.Done<Result.ChangeAuth>(Result.ChangeAuth done) ->
                Optional.of(new LoggedIn(tokens.issue(login, done.index()), done.revision()));
            case Outcome.Refused<Result.ChangeAuth>(StoreError error) -> {
                if (error == StoreError.AUTH_OLD_REVISION) {
                    yield Optional.<LoggedIn>empty();
                }
                throw new Denied(error);
            }
        });
    }

    private static <T> Uni<T> denied(StoreError error) {
        return Uni.createFrom().failure(new Denied(error));
    }

    /// What was found, with the store's revision then.
    public record Found(AuthState state, long revision) {}

    /// Yields users and roles as everybody agrees on them, if `rule` lets who shows `credentials` see what it asks for.
    ///
    /// @param rule why not; empty when it may
    public Uni<Found> read(Credentials credentials, BiFunction<AuthState, Principal, Optional<StoreError>> rule) {
        Guard guard = access.guard(credentials, rule);
        return access.settled(
                credentials,
                () -> reading.linearizable(view -> {
                    guard.before();
                    return new Found(access.state(), view.revision());
                }));
    }
}
