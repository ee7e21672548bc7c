package io.metastore.server;

import org.eclipse.microprofile.config.spi.Converter;

/// Reads sizes: see {@link Quantities#bytes}.
public final class BytesConverter implements Converter<Long> {
    private static final long serialVersionUID = 1L;

    @Override
    public Long convert(String value) {
        return Quantities.bytes(value);
    }
}
