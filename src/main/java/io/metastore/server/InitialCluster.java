package io.metastore.server;

import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The members that a new cluster starts with: the peer addresses by member name, in the order they were
/// written.
public record InitialCluster(Map<String, List<URI>> members) {
    /// Reads `a=http://h1:2380,b=http://h2:2380`; a member with several addresses is named several times.
    ///
    /// @throws IllegalArgumentException saying what the text is not
    public static InitialCluster parse(String text) {
        Map<String, List<URI>> members = new LinkedHashMap<>();
        String stripped = text.strip();
        // A comma at the end says nothing, to etcd as well.
        String all = stripped.endsWith(",") ? stripped.substring(0, stripped.length() - 1) : stripped;
        for (String part : all.split(",", -1)) {
            int equals = part.indexOf('=');
            if (equals <= 0) {
                throw new IllegalArgumentException("part \"" + part + "\" is not of the form name=http://host:port");
            }
            URI url;
            try {
                url = Urls.parse(part.substring(equals + 1).strip());
            } catch (IllegalArgumentException notOne) {
                throw new IllegalArgumentException("part \"" + part + "\" " + notOne.getMessage(), notOne);
            }
            members.computeIfAbsent(part.substring(0, equals).strip(), name -> new ArrayList<>())
                    .add(url);
        }
        return new InitialCluster(members);
    }
}
