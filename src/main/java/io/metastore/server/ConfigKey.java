package io.metastore.server;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithParentName;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// One key of {@link ServerConfig}, as the help, the documentation and the checks see it.
///
/// @param name the key with its prefix, for example `metastore.batch.commands`
/// @param section heading of the group it belongs to
/// @param standard the default as the tree has it; empty where an absent value is allowed
public record ConfigKey(
        String name, Section section, Kind kind, Optional<String> standard, Setting setting, boolean optional) {
    public static final String PREFIX =
            ServerConfig.class.getAnnotation(ConfigMapping.class).prefix() + ".";
    private static final Pattern USER_INFO = Pattern.compile("(?<=://)[^/@,]*@");
    private static final List<ConfigKey> ALL = readTree();

    /// All keys: by section, and by name within a section.
    public static List<ConfigKey> all() {
        return ALL;
    }

    public static Optional<ConfigKey> named(String name) {
        return ALL.stream().filter(key -> key.name.equals(name)).findFirst();
    }

    /// The name without `metastore.`.
    public String shortName() {
        return name.substring(PREFIX.length());
    }

    /// True for keys that etcd has as well: they stand at the top of the tree.
    public boolean isTopLevel() {
        return shortName().indexOf('.') < 0;
    }

    /// `--data-dir` for keys at the top of the tree, `--metastore.batch.commands` for the others.
    public String flag() {
        return "--" + (isTopLevel() ? shortName() : name);
    }

    /// `METASTORE_DATA_DIR`.
    public String variable() {
        return name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    /// The default in words.
    public String standardInWords() {
        return setting.fallback().isEmpty() ? standard.orElse("unset") : setting.fallback();
    }

    /// The values allowed, in words; empty when anything of the kind is.
    public String limitInWords() {
        if (setting.choices().length > 0) {
            return "one of " + String.join(", ", setting.choices());
        }
        if (setting.min().isEmpty() && setting.max().isEmpty()) {
            return "";
        }
        if (setting.max().isEmpty()) {
            return "at least " + setting.min();
        }
        return setting.min().isEmpty() ? "at most " + setting.max() : "from " + setting.min() + " to " + setting.max();
    }

    /// The one spelling of a value that every reader understands, see [Kind#canonical]. Words that are to be
    /// chosen from may be written in any case.
    public String canonical(String value) {
        for (String choice : setting.choices()) {
            if (choice.equalsIgnoreCase(value.strip())) {
                return choice;
            }
        }
        return kind.canonical(value);
    }

    /// What is wrong with a value of this key: a whole sentence that names key, value and limit; empty when
    /// nothing is.
    public Optional<String> problem(String value) {
        long magnitude;
        try {
            magnitude = kind.magnitude(value);
        } catch (IllegalArgumentException notOne) {
            return Optional.of(quoted(value) + " " + notOne.getMessage());
        }
        boolean low = !setting.min().isEmpty() && magnitude < kind.magnitude(setting.min());
        boolean high = !setting.max().isEmpty() && magnitude > kind.magnitude(setting.max());
        boolean foreign = setting.choices().length > 0
                && !Arrays.asList(setting.choices()).contains(value);
        return low || high || foreign
                ? Optional.of(quoted(value) + " is out of range: it must be " + limitInWords())
                : Optional.empty();
    }

    /// The value as it may be printed: without secrets, and without the user and password of an address.
    public String printable(String value) {
        return setting.secret() ? "********" : USER_INFO.matcher(value).replaceAll("********@");
    }

    private String quoted(String value) {
        return shortName() + ": \"" + printable(value) + "\"";
    }

    private static List<ConfigKey> readTree() {
        List<ConfigKey> keys = new ArrayList<>();
        for (Method group : ServerConfig.class.getMethods()) {
            Class<?> type = group.getReturnType();
            Section section = type.getAnnotation(Section.class);
            String prefix =
                    PREFIX + (group.isAnnotationPresent(WithParentName.class) ? "" : kebab(group.getName()) + ".");
            for (Method key : type.getMethods()) {
                WithDefault standard = key.getAnnotation(WithDefault.class);
                keys.add(new ConfigKey(
                        prefix + kebab(key.getName()),
                        section,
                        Kind.of(key),
                        Optional.ofNullable(standard).map(WithDefault::value),
                        key.getAnnotation(Setting.class),
                        key.getReturnType() == Optional.class));
            }
        }
        keys.sort(Comparator.comparingInt((ConfigKey key) -> key.section().order())
                .thenComparing(ConfigKey::name));
        return List.copyOf(keys);
    }

    private static String kebab(String camel) {
        return camel.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }
}
