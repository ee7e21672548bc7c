package io.metastore.service;

import io.metastore.auth.AuthState;
import io.metastore.auth.Principal;
import io.metastore.machine.Command;
import io.metastore.machine.Result;
import io.metastore.service.login.Credentials;
import io.metastore.service.login.Tokens;
import io.metastore.value.StoreError;
import io.smallrye.mutiny.Uni;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// Finds out who calls and what the caller may read here. What a caller may change is decided where it is applied.
///
/// Any thread may ask. While permissions are not checked, everybody is [Principal#NOBODY] and may do everything; a
/// member learns of the contrary when it applies it.
public final class AccessControl {
    private final Supplier<AuthState> state;
    private final Tokens tokens;
    private final Reading reading;
    private final LongSupplier applied;

    /// @param applied raft index of the last entry that is applied here
    public AccessControl(Supplier<AuthState> state, Tokens tokens, Reading reading, LongSupplier applied) {
        this.state = state;
        this.tokens = tokens;
        this.reading = reading;
        this.applied = applied;
    }

    public AuthState state() {
        return state.get();
    }

    /// Who shows `credentials`, as of now.
    ///
    /// @throws Denied when the token is nobody's
    public Principal who(Credentials credentials) {
        return who(credentials, state.get());
    }

    private Principal who(Credentials credentials, AuthState now) {
        if (!now.enabled()) {
            return Principal.NOBODY;
        }
        if (credentials.token().isPresent()) {
            return tokens.principal(credentials.token().get(), now)
                    .orElseThrow(() -> new Denied(StoreError.INVALID_AUTH_TOKEN));
        }
        return credentials
                .commonName()
                .map(name -> new Principal(name, now.revision()))
                .orElse(Principal.NOBODY);
    }

    /// Name of who shows `credentials`, for what is written down of a call: empty for nobody, for a token that is
    /// nobody's
    /// here, and while permissions are not checked.
    public String name(Credentials credentials) {
        AuthState now = state.get();
        if (!now.enabled()) {
            return "";
        }
        return credentials.token().isPresent()
                ? tokens.principal(credentials.token().get(), now)
                        .map(Principal::user)
                        .orElse("")
                : credentials.commonName().orElse("");
    }

    /// Calls `call` with who shows `credentials`. A token of which this member has not heard yet is waited for; one
    /// that is nobody's fails with [Denied].
    public <T> Uni<T> as(Credentials credentials, Function<Principal, Uni<T>> call) {
        return settled(credentials, () -> call.apply(who(credentials)));
    }

    /// Runs `call` once this member has heard of the token, if it is one.
    public <T> Uni<T> settled(Credentials credentials, Supplier<Uni<T>> call) {
        AuthState now = state.get();
        if (!now.enabled()
                || credentials.token().isEmpty()
                || !isAwaited(credentials.token().get(), now)) {
            return begun(call);
        }
        return reading.linearizable(_ -> true).flatMap(_ -> begun(call));
    }

    /// A call that is refused before it begins has failed like one that is refused later.
    private static <T> Uni<T> begun(Supplier<Uni<T>> call) {
        try {
            return call.get();
        } catch (Denied denied) {
            return Uni.createFrom().failure(denied);
        }
    }

    private boolean isAwaited(String token, AuthState now) {
        return tokens.isAwaited(token, applied.getAsLong())
                && tokens.principal(token, now).isEmpty();
    }

    /// `command` as `who` asks for it.
    public static <R extends Result> Command<R> of(Principal who, Command<R> command) {
        return who.isNobody() ? command : new Command.As<>(who, command);
    }

    /// Guards what is read for who shows `credentials`.
    ///
    /// @param rule why it may not be read; empty when it may
    public Guard guard(Credentials credentials, BiFunction<AuthState, Principal, Optional<StoreError>> rule) {
        return new Ruled(credentials, rule);
    }

    /// Finds out once who asks: a stream whose later portions are read after permissions have changed ends there
    /// (RST-15).
    private final class Ruled implements Guard {
        private final Credentials credentials;
        private final BiFunction<AuthState, Principal, Optional<StoreError>> rule;
        private Principal who = Principal.NOBODY;

        private Ruled(Credentials credentials, BiFunction<AuthState, Principal, Optional<StoreError>> rule) {
            this.credentials = credentials;
            this.rule = rule;
        }

        @Override
        public void before() {
            AuthState now = state.get();
            if (!now.enabled()) {
                return;
            }
            if (who.isNobody()) {
                who = who(credentials, now);
            }
            rule.apply(now, who).ifPresent(refusal -> {
                throw new Denied(refusal);
            });
        }

        @Override
        public void after() {
            if (!who.isNobody() && who.revision() != state.get().revision()) {
                throw new Denied(StoreError.AUTH_OLD_REVISION);
            }
        }
    }

    /// Calls `call` with who shows `credentials`, if that is somebody, or nobody is asked who it is.
    public <T> Uni<T> known(Credentials credentials, Function<Principal, Uni<T>> call) {
        return checked(credentials, AuthState::isKnown, call);
    }

    /// Runs `call` if who shows `credentials` may administer the store.
    public <T> Uni<T> administering(Credentials credentials, Supplier<Uni<T>> call) {
        return checked(credentials, AuthState::mayAdminister, _ -> call.get());
    }

    private <T> Uni<T> checked(
            Credentials credentials,
            BiFunction<AuthState, Principal, Optional<StoreError>> rule,
            Function<Principal, Uni<T>> call) {
        if (!state.get().enabled()) {
            return call.apply(Principal.NOBODY);
        }
        return as(credentials, who -> {
            Optional<StoreError> refusal = rule.apply(state.get(), who);
            return refusal.isPresent() ? Uni.createFrom().failure(new Denied(refusal.get())) : call.apply(who);
        });
    }
}
