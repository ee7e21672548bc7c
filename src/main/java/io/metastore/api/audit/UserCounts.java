package io.metastore.api.audit;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.metastore.api.Callers;
import io.metastore.service.AccessControl;
import io.metastore.service.login.Credentials;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/// Counts the calls of each user while permissions are checked, and those that were refused. Must see a call after
/// [Callers]. Any thread.
public final class UserCounts implements ServerInterceptor {
    /// Users counted apart: there must be an end to the series, and what comes later counts as [#OTHERS].
    static final int USERS_MAX = 1_000;

    /// Name of what is not counted apart.
    static final String OTHERS = "(others)";

    private final AccessControl access;
    private final Map<String, Counts> users = new ConcurrentHashMap<>();

    public UserCounts(AccessControl access) {
        this.access = access;
    }

    /// Calls of one user that have ended.
    private static final class Counts {
        private final LongAdder answered = new LongAdder();
        private final LongAdder refused = new LongAdder();
    }

    /// @param user    empty for callers who are nobody
    /// @param refused whether they are the calls that were turned away for who called
    public record Calls(String user, boolean refused, long count) {}

    /// Tells of all users that have called, by name.
    public List<Calls> all() {
        List<Calls> all = new ArrayList<>();
        new TreeMap<>(users).forEach((user, counts) -> {
            all.add(new Calls(user, false, counts.answered.sum()));
            all.add(new Calls(user, true, counts.refused.sum()));
        });
        return all;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        if (!access.state().enabled()) {
            return next.startCall(call, headers);
        }
        return next.startCall(new Counted<>(call), headers);
    }

    private Counts of(String user) {
        Counts known = users.get(user);
        return known != null
                ? known
                : users.computeIfAbsent(users.size() < USERS_MAX ? user : OTHERS, _ -> new Counts());
    }

    private final class Counted<Q, A> extends SimpleForwardingServerCall<Q, A> {
        private final Credentials shown = Callers.current();

        private Counted(ServerCall<Q, A> call) {
            super(call);
        }

        @Override
        public void close(Status status, Metadata trailers) {
            Counts counts = of(access.name(shown));
            (Refusals.isOne(status) ? counts.refused : counts.answered).increment();
            super.close(status, trailers);
        }
    }
}
