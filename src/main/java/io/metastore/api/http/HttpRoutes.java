package io.metastore.api.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.zip.GZIPOutputStream;
import org.jboss.logging.Logger;

/// Which path is answered by whom. A path that matches exactly comes before one that is below a prefix; what is not
/// there is answered with 404, another method than a path allows with 405.
public final class HttpRoutes {
    private static final Logger LOG = Logger.getLogger(HttpRoutes.class);

    /// Null where everybody may ask.
    private AccessRules rules;

    private final Map<String, HttpRoute> byPath = new LinkedHashMap<>();
    private final Map<String, HttpRoute> byPrefix = new LinkedHashMap<>();

    /// Answers the requests of one path.
    @FunctionalInterface
    public interface HttpRoute {
        /// Called on an event loop: must not block. A stage that fails is answered with 500.
        CompletionStage<HttpResponse> answer(HttpRequest request);

        /// Whether a request for `path` is to be answered before its body has ended, which [HttpRequest#upload] hands
        /// on.
        default boolean streams(String path) {
            return false;
        }

        /// Whether a client may ask for a WebSocket, whose messages are the body of one request.
        default boolean webSockets() {
            return false;
        }
    }

    boolean streams(String path) {
        HttpRoute route = find(path);
        return route != null && route.streams(path);
    }

    boolean webSockets(String path) {
        HttpRoute route = find(path);
        return route != null && route.webSockets();
    }

    /// Why `request` is refused before any route sees it.
    Optional<HttpResponse> refusal(HttpRequest request) {
        return rules == null ? Optional.empty() : rules.refusal(request);
    }

    /// Looks at each request by `first` before any route sees it; what asks for OPTIONS is answered there (GWY-12).
    public HttpRoutes behind(AccessRules first) {
        rules = first;
        return this;
    }

    /// Answers GET at `path`, and 405 to every other method.
    public HttpRoutes get(String path, HttpRoute route) {
        return any(
                path,
                request -> request.method().equals("GET")
                        ? route.answer(request)
                        : CompletableFuture.completedFuture(HttpResponse.onlyGet()));
    }

    /// Answers every method at `path`.
    public HttpRoutes any(String path, HttpRoute route) {
        if (byPath.putIfAbsent(path, route) != null) {
            throw new IllegalArgumentException("two routes for " + path);
        }
        return this;
    }

    /// Answers every method at all paths that begin with `prefix`.
    public HttpRoutes under(String prefix, HttpRoute route) {
        if (byPrefix.putIfAbsent(prefix, route) != null) {
            throw new IllegalArgumentException("two routes for " + prefix);
        }
        return this;
    }

    private HttpRoute find(String path) {
        HttpRoute exact = byPath.get(path);
        if (exact != null) {
            return exact;
        }
        for (Map.Entry<String, HttpRoute> below : byPrefix.entrySet()) {
            if (path.startsWith(below.getKey())) {
                return below.getValue();
            }
        }
        return null;
    }

    /// `/metrics`, whatever the method, packed with gzip for who takes that, as in etcd (HTH-08).
    ///
    /// @param scrape   the metrics as text, in Prometheus' format 0.0.4
    /// @param executor runs `scrape`, which may wait; when it rejects, the answer is 503
    public HttpRoutes metrics(Supplier<byte[]> scrape, Executor executor) {
        return any("/metrics", request -> {
            try {
                return CompletableFuture.supplyAsync(scrape, executor)
                        .thenApply(text -> metricsPage(text, request.gzip()));
            } catch (RejectedExecutionException _) {
                return CompletableFuture.completedFuture(HttpResponse.error(503, "too many scrapes at once"));
            }
        });
    }

    /// Runs where the page was made: packing takes a while.
    private static HttpResponse metricsPage(byte[] text, boolean gzip) {
        String type = "text/plain; version=0.0.4; charset=utf-8";
        if (!gzip) {
            return HttpResponse.of(200, type, text);
        }
        ByteArrayOutputStream packed = new ByteArrayOutputStream(64 + text.length / 8);
        try (GZIPOutputStream gzipped = new GZIPOutputStream(packed)) {
            gzipped.write(text);
        } catch (IOException impossible) { // it writes to memory
            throw new UncheckedIOException(impossible);
        }
        return new HttpResponse(200, Map.of("content-type", type, "content-encoding", "gzip"), packed.toByteArray());
    }

    /// Answers in any case, and within `time`: a route that fails is answered with 500, one that takes longer with 504.
    CompletionStage<HttpResponse> answer(HttpRequest request, Duration time) {
        if (rules == null) {
            return routed(request, time);
        }
        Optional<HttpResponse> refusal = refusal(request);
        if (refusal.isPresent()) {
            return CompletableFuture.completedFuture(refusal.get());
        }
        Map<String, String> headers = rules.headers(request);
        if (request.method().equals("OPTIONS")) {
            return CompletableFuture.completedFuture(new HttpResponse(200, headers, new byte[0]));
        }
        return routed(request, time).thenApply(response -> response.with(headers));
    }

    private CompletionStage<HttpResponse> routed(HttpRequest request, Duration time) {
        HttpRoute route = find(request.path());
        if (route == null) {
            return CompletableFuture.completedFuture(HttpResponse.notFound());
        }
        return route.answer(request)
                .toCompletableFuture()
                .orTimeout(time.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionally(failure -> failed(request, failure));
    }

    private static HttpResponse failed(HttpRequest request, Throwable failure) {
        if (failure instanceof TimeoutException) {
            return HttpResponse.error(504, "no answer in time");
        }
        LOG.errorf(failure, "answering %s %s failed", request.method(), request.path());
        return HttpResponse.error(500, "internal error");
    }
}
