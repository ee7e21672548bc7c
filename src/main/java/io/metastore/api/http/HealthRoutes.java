package io.metastore.api.http;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/// `/health`, `/livez` and `/readyz` with etcd's bodies (HTH-01 to HTH-06).
public final class HealthRoutes {
    private static final Logger LOG = Logger.getLogger(HealthRoutes.class);

    private final HealthChecks member;
    private final HealthCounts counts;

    public HealthRoutes(HealthChecks member, HealthCounts counts) {
        this.member = member;
        this.counts = counts;
    }

    /// A check yields nothing when it passes, else the reason.
    private interface Check extends Supplier<CompletionStage<Optional<String>>> {}

    public void addTo(HttpRoutes routes) {
        routes.get("/health", this::health);
        Map<String, Check> live = new LinkedHashMap<>();
        live.put("serializable_read", () -> reason(member.serializableRead()));
        Map<String, Check> ready = new LinkedHashMap<>();
        ready.put("data_corruption", () -> now(corruption()));
        ready.put("serializable_read", () -> reason(member.serializableRead()));
        ready.put("linearizable_read", () -> reason(member.linearizableRead()));
        ready.put(
                "non_learner",
                () -> now(member.isLearner() ? Optional.of("local member is learner") : Optional.empty()));
        add(routes, "livez", live);
        add(routes, "readyz", ready);
    }

    private void add(HttpRoutes routes, String type, Map<String, Check> checks) {
        routes.get("/" + type, request -> run(type, checks, request));
        checks.forEach((name, check) ->
                routes.get("/" + type + "/" + name, request -> run(type, Map.of(name, check), request)));
    }

    private static CompletionStage<Optional<String>> now(Optional<String> reason) {
        return CompletableFuture.completedFuture(reason);
    }

    private static CompletionStage<Optional<String>> reason(CompletionStage<Void> read) {
        return read.handle((_, failure) -> Optional.ofNullable(failure).map(HealthRoutes::message));
    }

    private static String message(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    private Optional<String> corruption() {
        return member.alarms().contains("CORRUPT") ? Optional.of("alarm activated: CORRUPT") : Optional.empty();
    }

    /// Alarms, then the leader, then a read of one key (HTH-02). `exclude` names alarms to overlook,
    /// `serializable=true` leaves the leader out and reads locally (HTH-03).
    private CompletionStage<HttpResponse> health(HttpRequest request) {
        List<String> excluded = request.values("exclude");
        for (String alarm : member.alarms()) {
            if (!excluded.contains(alarm)) {
                return now(Optional.of(
                                "ALARM " + (alarm.equals("NOSPACE") || alarm.equals("CORRUPT") ? alarm : "UNKNOWN")))
                        .thenApply(this::health);
            }
        }
        boolean serializable = request.first("serializable").equals("true");
        if (!serializable && !member.hasLeader()) {
            return now(Optional.of("RAFT NO LEADER")).thenApply(this::health);
        }
        return reason(serializable ? member.serializableRead() : member.linearizableRead())
                .thenApply(failed -> failed.map(text -> "RANGE ERROR:" + text))
                .thenApply(this::health);
    }

    private HttpResponse health(Optional<String> reason) {
        counts.health(reason.isEmpty());
        if (reason.isEmpty()) {
            return HttpResponse.text(200, "{\"health\":\"true\",\"reason\":\"\"}");
        }
        LOG.warnf("/health fails: %s", reason.get());
        return HttpResponse.error(503, "{\"health\":\"false\",\"reason\":" + JsonText.quoted(reason.get()) + "}");
    }

    private CompletionStage<HttpResponse> run(String type, Map<String, Check> checks, HttpRequest request) {
        List<String> excluded = request.values("exclude");
        Map<String, CompletableFuture<Optional<String>>> results = new LinkedHashMap<>();
        checks.forEach((name, check) -> {
            if (!excluded.contains(name)) {
                results.put(name, check.get().toCompletableFuture());
            }
        });
        for (String name : excluded) {
            if (!name.isEmpty() && !checks.containsKey(name)) {
                LOG.warnf("/%s: exclude names a check that is not there: %s", type, name);
            }
        }
        return CompletableFuture.allOf(results.values().toArray(CompletableFuture[]::new))
                .thenApply(_ -> answer(type, results, request.has("verbose")));
    }

    private HttpResponse answer(
            String type, Map<String, CompletableFuture<Optional<String>>> results, boolean verbose) {
        StringBuilder lines = new StringBuilder();
        List<String> failed = new ArrayList<>();
        results.forEach((name, result) -> {
            Optional<String> reason = result.join();
            counts.checked(new HealthCounts.Check(type, name), reason.isEmpty());
            if (reason.isEmpty()) {
                lines.append("[+]").append(name).append(" ok\n");
            } else {
                lines.append("[-]")
                        .append(name)
                        .append(" failed: ")
                        .append(reason.get())
                        .append('\n');
                failed.add(name);
            }
        });
        if (!failed.isEmpty()) {
            LOG.warnf("/%s fails: %s", type, lines.toString().strip().replace("\n", ", "));
            return HttpResponse.error(503, lines.toString());
        }
        String body = verbose ? lines + "ok\n" : "ok\n";
        return new HttpResponse(
                200,
                Map.of("content-type", "text/plain; charset=utf-8", "x-content-type-options", "nosniff"),
                body.getBytes(StandardCharsets.UTF_8));
    }
}
