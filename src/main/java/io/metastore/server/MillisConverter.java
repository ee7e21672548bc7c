package io.metastore.server;

import java.time.Duration;
import org.eclipse.microprofile.config.spi.Converter;

/// Reads durations whose bare numbers are milliseconds: see {@link Quantities#durationOrMillis}.
public final class MillisConverter implements Converter<Duration> {
    private static final long serialVersionUID = 1L;

    @Override
    public Duration convert(String value) {
        return Quantities.durationOrMillis(value);
    }
}
