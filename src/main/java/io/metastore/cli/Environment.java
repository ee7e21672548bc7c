package io.metastore.cli;

import io.metastore.cli.Layer.Place;
import io.metastore.server.ConfigKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// Reads the variables ETCD_* and METASTORE_*.
final class Environment {
    /// What Kubernetes sets in every pod for a service of that name: nobody meant them as settings.
    private static final Pattern SERVICE_LINK =
            Pattern.compile("(ETCD|METASTORE)_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_[0-9]+_(TCP|UDP).*)?)");
    /// What the launcher reads, and where a file is named.
    private static final List<String> OTHERS =
            List.of("METASTORE_JAVA_OPTS", "METASTORE_CONFIG_FILE", "METASTORE_HOME");

    private Environment() {}

    /// @return the properties file that a variable names
    static Optional<String> read(Map<String, String> variables, Intake intake) {
        Map<String, String> flagOf = new HashMap<>();
        EtcdFlag.all().values().forEach(flag -> flagOf.put(flag.variable(), flag.name()));
        Map<String, ConfigKey> keyOf = new HashMap<>();
        ConfigKey.all().forEach(key -> keyOf.put(key.variable(), key));

        new TreeMap<>(variables).forEach((variable, value) -> {
            boolean ours = variable.startsWith("METASTORE_");
            if (value.isEmpty() || !(ours || variable.startsWith("ETCD_"))) {
                return;
            }
            if (ours && keyOf.containsKey(variable)) {
                intake.take(Place.METASTORE_ENVIRONMENT, keyOf.get(variable), value, variable);
            } else if (flagOf.containsKey(variable) && !variable.equals("ETCD_CONFIG_FILE")) {
                if (!variable.equals("ETCD_VERSION")) {
                    intake.take(Place.ETCD_ENVIRONMENT, flagOf.get(variable), value, variable);
                }
            } else if (!OTHERS.contains(variable)
                    && !variable.equals("ETCD_CONFIG_FILE")
                    && !SERVICE_LINK.matcher(variable).matches()) {
                List<String> known = new ArrayList<>(ours ? keyOf.keySet() : flagOf.keySet());
                intake.warning("unknown variable " + variable + " changes nothing"
                        + Nearest.to(variable, known)
                                .map(near -> "; the nearest known is " + near)
                                .orElse(""));
            }
        });
        contradictions(intake);
        return Optional.ofNullable(variables.get("METASTORE_CONFIG_FILE"))
                .or(() -> Optional.ofNullable(variables.get("ETCD_CONFIG_FILE")))
                .filter(file -> !file.isEmpty());
    }

    private static void contradictions(Intake intake) {
        Layer etcd = intake.layer(Place.ETCD_ENVIRONMENT);
        Layer ours = intake.layer(Place.METASTORE_ENVIRONMENT);
        for (ConfigKey key : ConfigKey.all()) {
            String theirs = etcd.getValue(key.name());
            String own = ours.getValue(key.name());
            if (theirs != null && own != null && !theirs.equals(own)) {
                intake.warning("%s=%s and %s=%s contradict each other: %s counts"
                        .formatted(
                                etcd.origin(key.name()).orElseThrow(),
                                key.printable(theirs),
                                key.variable(),
                                key.printable(own),
                                key.variable()));
            }
        }
    }
}
