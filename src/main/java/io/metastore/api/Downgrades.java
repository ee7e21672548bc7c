package io.metastore.api;

import io.metastore.value.StoreError;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Which versions the version of the cluster may be lowered to (MNT-21).
final class Downgrades {
    /// With or without a patch level, and what semantic versions may have behind it.
    private static final Pattern VERSION = Pattern.compile(
            "(0|[1-9]\\d{0,8})\\.(0|[1-9]\\d{0,8})(\\.(0|[1-9]\\d{0,8})(-[0-9A-Za-z.-]+)?(\\+[0-9A-Za-z.-]+)?)?");

    private Downgrades() {}

    /// Major and minor number of a version, as in 3.7.
    static String shortened(String version) {
        return version.substring(0, version.lastIndexOf('.'));
    }

    /// Refuses all but the minor version just below.
    ///
    /// @param target  as the caller wrote it
    /// @param cluster the version of the cluster, with its patch level
    static void check(String target, String cluster) {
        Matcher wanted = VERSION.matcher(target);
        if (!wanted.matches()) {
            throw new RefusedRequest(StoreError.DOWNGRADE_VERSION_MALFORMED);
        }
        String[] now = cluster.split("\\.");
        boolean below =
                wanted.group(1).equals(now[0]) && Integer.parseInt(wanted.group(2)) == Integer.parseInt(now[1]) - 1;
        if (!below) {
            throw new RefusedRequest(StoreError.DOWNGRADE_TARGET_INVALID);
        }
    }
}
