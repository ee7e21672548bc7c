package io.metastore.server;

import io.smallrye.config.WithConverter;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
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

    /// The one spelling of a value that every reader understands: Go's many words for true become `true`, its
    /// numbers decimal, and a list names nothing twice. Text that is no value of this kind comes back as it is;
    /// {@link #magnitude} will say what is wrong with it.
    public String canonical(String text) {
        return switch (this) {
            case TEXT -> text;
            case SWITCH -> YES.contains(text) ? "true" : NO.contains(text) ? "false" : text;
            case COUNT -> decimal(text.strip());
            case LIST, URLS -> text.contains("\\") ? text.strip() : String.join(",", distinct(parts(text)));
            case SIZE, DURATION, MILLIS -> text.strip();
        };
    }

    /// What a list names more than once, each once; empty for what is no list.
    public List<String> repeated(String text) {
        if (this != LIST && this != URLS) {
            return List.of();
        }
        List<String> again = new ArrayList<>(parts(text));
        again.removeIf(String::isEmpty);
        distinct(again).forEach(again::remove);
        return distinct(again);
    }

    private static List<String> parts(String text) {
        return Arrays.stream(text.split(",", -1)).map(String::strip).toList();
    }

    /// The first of what is the same but for the case of an address. An empty part stays where it is: it is a
    /// mistake to be complained of.
    private List<String> distinct(List<String> parts) {
        Set<String> seen = new HashSet<>();
        return parts.stream()
                .filter(part -> part.isEmpty() || seen.add(this == URLS ? part.toLowerCase(Locale.ROOT) : part))
                .toList();
    }

    private static String decimal(String text) {
        try {
            return Long.toString(Quantities.integer(text));
        } catch (IllegalArgumentException _) {
            return text;
        }
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
            case COUNT -> Quantities.integer(text);
            case SIZE -> Quantities.bytes(text);
            case DURATION -> Quantities.duration(text).toNanos();
            case MILLIS -> Quantities.durationOrMillis(text).toNanos();
        };
    }

    private static Type withoutOptional(Type type) {
        if (type instanceof ParameterizedType optional && optional.getRawType() == Optional.class) {
            return optional.getActualTypeArguments()[0];
        }
        return type;
    }
}
