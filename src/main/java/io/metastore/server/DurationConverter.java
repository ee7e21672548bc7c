package io.metastore.server;

import java.time.Duration;
import org.eclipse.microprofile.config.spi.Converter;

/// Reads durations: see {@link Quantities#duration}.
public final class DurationConverter implements Converter<Duration> {
    private static final long serialVersionUID = 1L;

    @Override
    public Duration convert(String value) {
        return Quantities.duration(value);
    }
}
