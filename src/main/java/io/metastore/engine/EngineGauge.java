package io.metastore.engine;

import java.util.function.LongSupplier;

/// A figure that one kind of engine knows of itself, for metrics.
///
/// @param name  in metrics, behind `metastore_`; letters, digits and underscores
/// @param help  one sentence
/// @param value asked by any thread at each scrape, -1 when it is not known
public record EngineGauge(String name, String help, LongSupplier value) {}
