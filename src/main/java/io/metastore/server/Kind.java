package io.metastore.server;

import io.smallrye.config.WithConverter;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The kinds of values that keys have: what may stand there, and how two of them compare with a limit.
public enum Kind {
    TEXT("text"),
    LIST("a,b,c"),
    URLS("url,url"),
    SWITCH("true|false"),
    COUNT("number"),
    SIZE("size"),
    DURATION("duration"),
    MILLIS("duration or ms");

    private static final Set<String> YES = Set.of("1", "t", "T", "true", "TRUE", "True");
    private static final Set<String> NO = Set.of("0", "f", "F", "false", "FALSE", "False");

    private final String placeholder;

    Kind(String placeholder) {
        this.placeholder = placeholder;
    }

    /// What the help shows in the place of a value.
    public String placeholder() {
        return placeholder;
    }

    static Kind of(Method method) {
        WithConverter converter = method.getAnnotation(WithConverter.class);
        if (converter != null) {
            if (converter.value() == BytesConverter.class) {
                return SIZE;
            }
            return converter.value() == MillisConverter.class ? MILLIS : DURATION;
        }
        Type type = withoutOptional(method.getGenericReturnType());
        if (type == boolean.class) {
            return SWITCH;
        }
        if (type == int.class || type == long.class) {
            return COUNT;
        }
        if (type == String.class) {
            return TEXT;
        }
        if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
            return list.getActualTypeArguments()[0] == URI.class ? URLS : LIST;
        }
        throw new IllegalStateException("no kind for " + method);
    }

    /// The one spelling of a value that every reader understands: Go's many words for true become `true`. Text
    /// that is no value of this kind comes back as it is; {@link #magnitude} will say what is wrong with it.
    public String canonical(String text) {
        if (this == SWITCH) {
            return YES.contains(text) ? "true" : NO.contains(text) ? "false" : text;
        }
        return this == TEXT ? text : text.strip();
    }

    /// Reads the value: a number to compare with a limit (bytes, nanoseconds, a count), 0 where there is
    /// nothing to compare.
    ///
    /// @throws IllegalArgumentException saying what the text is not, to be put behind the text
    public long magnitude(String text) {
        return switch (this) {
            case TEXT, LIST -> 0;
            case URLS -> {
                Urls.parseAll(text);
                yield 0;
            }
            case SWITCH -> {
                if (!text.equals("true") && !text.equals("false")) {
                    throw new IllegalArgumentException("is neither true nor false");
                }
                yield 0;
            }
            case COUNT -> count(text);
            case SIZE -> Quantities.bytes(text);
            case DURATION -> Quantities.duration(text).toNanos();
            case MILLIS -> Quantities.durationOrMillis(text).toNanos();
        };
    }

    private static long count(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException notOne) {
            throw new IllegalArgumentException("is not a whole number", notOne);
        }
    }

    private static Type withoutOptional(Type type) {
        if (type instanceof ParameterizedType optional && optional.getRawType() == Optional.class) {
            return optional.getActualTypeArguments()[0];
        }
        return type;
    }
}
