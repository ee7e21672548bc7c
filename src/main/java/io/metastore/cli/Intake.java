package io.metastore.cli;

import io.metastore.cli.Layer.Place;
import io.metastore.server.ConfigKey;
import io.metastore.server.Kind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;

/// Takes what people wrote, in whatever place, decides what becomes of each name, and collects every objection
/// instead of stopping at the first.
final class Intake {
    private final Map<Place, Layer> layers = new EnumMap<>(Place.class);
    private final List<String> problems = new ArrayList<>();
    private final SequencedSet<String> warnings = new LinkedHashSet<>();

    Intake() {
        for (Place place : Place.values()) {
            layers.put(place, new Layer(place));
        }
    }

    List<Layer> layers() {
        return List.copyOf(layers.values());
    }

    Layer layer(Place place) {
        return layers.get(place);
    }

    List<String> problems() {
        return List.copyOf(problems);
    }

    List<String> warnings() {
        return List.copyOf(warnings);
    }

    void problem(String sentence) {
        problems.add(sentence);
    }

    void warning(String sentence) {
        warnings.add(sentence);
    }

    /// The key that a name stands for: `data-dir` and `metastore.data-dir` are the same, keys in groups need
    /// the prefix.
    static Optional<ConfigKey> key(String name) {
        if (name.startsWith(ConfigKey.PREFIX)) {
            return ConfigKey.named(name);
        }
        return ConfigKey.named(ConfigKey.PREFIX + name).filter(ConfigKey::isTopLevel);
    }

    static boolean isKnown(String name) {
        return key(name).isPresent() || EtcdFlag.named(name).isPresent();
    }

    /// True when the flag may stand without a value.
    static boolean isSwitch(String name) {
        return key(name)
                .map(key -> key.kind() == Kind.SWITCH)
                .orElseGet(() -> EtcdFlag.named(name).map(EtcdFlag::isSwitch).orElse(false));
    }

    /// Takes a known name with its value.
    ///
    /// @param origin what the person wrote, without the value: `--name`, `ETCD_NAME`
    void take(Place place, String name, String value, String origin) {
        Optional<ConfigKey> key = key(name);
        if (key.isPresent()) {
            take(place, key.get(), value, origin);
            return;
        }
        EtcdFlag flag = EtcdFlag.named(name).orElseThrow();
        String given = flag.isSwitch() ? Kind.SWITCH.canonical(value) : value;
        boolean asksNothing = given.isEmpty()
                || given.equals(flag.standard())
                // Every host, as etcd reads a list with a star in it.
                || flag.standard().equals("*") && List.of(given.split(",")).contains("*");
        switch (flag.treatment()) {
            case REFUSED -> {
                if (!asksNothing) {
                    problem(origin + (flag.isSwitch() || flag.secret() ? "" : ": \"" + value + "\"") + ": "
                            + flag.note());
                }
            }
            case IGNORED -> warning(origin + " is accepted and changes nothing: " + flag.note());
            case ACTION, KEY -> problem(origin + " is only understood as a flag");
        }
    }

    /// An empty value asks for the default, as an unset variable does.
    void take(Place place, ConfigKey key, String value, String origin) {
        if (!value.isEmpty()) {
            for (String part : key.kind().repeated(value)) {
                warning(origin + ": names \"" + key.printable(part) + "\" more than once: once is enough");
            }
            layer(place).put(key, value, origin);
        }
    }
}
