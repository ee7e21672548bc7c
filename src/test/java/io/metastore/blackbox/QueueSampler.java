package io.metastore.blackbox;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Reads a member's metrics over and over, as fast as they come, and keeps the highest fill of its queue of writes.
final class QueueSampler implements AutoCloseable {

    /// The highest readings.
    ///
    /// @param samples     pages read
    /// @param outstanding commands accepted and not yet applied
    /// @param bytes       of those commands
    record Peak(int samples, long outstanding, long bytes) {
        Peak with(Scrape page) {
            return new Peak(
                    samples + 1,
                    Math.max(outstanding, page.count("metastore_queue_outstanding")),
                    Math.max(bytes, page.count("metastore_queue_outstanding_bytes")));
        }
    }

    private final HttpRequest request;
    private final FutureTask<Peak> sampling = new FutureTask<>(this::sample);
    private volatile Peak peak = new Peak(0, 0, 0);
    private volatile boolean over;

    private QueueSampler(Member member) {
        request = HttpRequest.newBuilder(URI.create(member.metricsUrl() + "/metrics"))
                .timeout(Client.PATIENCE)
                .build();
    }

    static QueueSampler start(Member member) {
        QueueSampler sampler = new QueueSampler(member);
        Thread.ofPlatform().name("queue-sampler").start(sampler.sampling);
        return sampler;
    }

    private Peak sample() throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            while (!over) {
                String page =
                        http.send(request, HttpResponse.BodyHandlers.ofString()).body();
                peak = peak.with(Scrape.parse(page));
            }
        }
        return peak;
    }

    /// The highest readings so far.
    Peak peak() {
        return peak;
    }

    /// Stops and returns the highest readings.
    Peak stop() {
        over = true;
        try {
            return sampling.get(Client.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("the metrics could not be read", e);
        }
    }

    @Override
    public void close() {
        over = true;
    }
}
