package io.metastore.service;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;

/// The figures of the [ResponseBudget] as metrics.
public final class ResponseBudgetMetrics {
    private ResponseBudgetMetrics() {}

    public static void bind(ResponseBudget budget, MeterRegistry registry) {
        Gauge.builder("metastore.response.budget.bytes", budget, ResponseBudget::bytes)
                .description("Bytes of large responses that may be in memory at once")
                .register(registry);
        Gauge.builder(
                        "metastore.response.budget.used.bytes",
                        budget,
                        b -> b.figures().used())
                .description("Bytes given out to large responses: being read, or waiting for their clients")
                .register(registry);
        Gauge.builder(
                        "metastore.response.budget.waiting",
                        budget,
                        b -> b.figures().waiting())
                .description("Calls that wait for room for a large response")
                .register(registry);
        FunctionCounter.builder(
                        "metastore.response.budget.waits",
                        budget,
                        b -> b.figures().waits())
                .description("Times that a call has waited for room for a large response")
                .register(registry);
        FunctionCounter.builder(
                        "metastore.response.budget.refused",
                        budget,
                        b -> b.figures().refused())
                .description("Calls refused because their response would be larger than the whole budget")
                .register(registry);
        FunctionCounter.builder(
                        "metastore.response.stalled", budget, b -> b.figures().cut())
                .description("Calls cancelled because their client did not take its response in time")
                .register(registry);
    }
}
