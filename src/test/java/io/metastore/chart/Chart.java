package io.metastore.chart;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/// The project's Helm chart, rendered by Helm.
final class Chart {
    static final String RELEASE = "my";
    static final String NAMESPACE = "store";

    /// Helm takes itself for one of 1.20 where it has no cluster to ask.
    private static final String KUBERNETES = "1.34.0";

    private static final Pattern HOOKS = Pattern.compile("(?m)^  annotations:\n(    helm\\.sh/hook.*\n)+");
    private static final Path FOLDER = Path.of(System.getProperty("user.dir"), "deploy/k8s/metastore");

    private static final String LOOKUP =
            "lookup \"v1\" \"ConfigMap\" .Release.Namespace (include \"metastore.fullname\" .)";
    private static final Path NEW = copy("(dict)");

    private Chart() {}

    /// Helm with the chart as it is.
    static Helm helm() {
        return new Helm(FOLDER);
    }

    /// A copy of the chart that can be rendered without a Kubernetes to ask. Helm's library renders no hooks, so
    /// the pod of `helm test` is like any other object in it; and it asks a cluster where `helm template` does not.
    ///
    /// @param found in the place of what Helm would find of the release, as a template's expression
    private static Path copy(String found) {
        try (Stream<Path> files = Files.walk(FOLDER)) {
            Path copy =
                    Files.createTempDirectory(FOLDER.resolve("../../../target").normalize(), "chart-");
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path to = copy.resolve(FOLDER.relativize(file));
                Files.createDirectories(to.getParent());
                Files.writeString(
                        to, HOOKS.matcher(Files.readString(file)).replaceAll("").replace(LOOKUP, found));
            }
            return copy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What Helm makes of the chart where it was installed before.
    ///
    /// @param initialCluster what the members were founded with
    static String renderAgain(String initialCluster, Path values) {
        return command(copy("(dict \"data\" (dict \"initial-cluster\" \"" + initialCluster + "\"))"))
                .withValuesFile(values)
                .call();
    }

    /// What Helm makes of the chart with values of a file.
    ///
    /// @throws IllegalStateException with Helm's own text where it refuses them
    static String render(Path values) {
        return command(NEW).withValuesFile(values).call();
    }

    /// The same with single values.
    static String render(Map<String, ?> values) {
        TemplateCommand command = command(NEW);
        values.forEach(command::set);
        return command.call();
    }

    private static TemplateCommand command(Path chart) {
        return new Helm(chart)
                .template()
                .withName(RELEASE)
                .withNamespace(NAMESPACE)
                .withKubeVersion(KUBERNETES);
    }

    /// The objects of a rendered chart, as maps, lists and scalars.
    static List<Map<String, Object>> objects(String rendered) {
        List<Map<String, Object>> objects = new ArrayList<>();
        for (Object one : new Yaml(new SafeConstructor(new LoaderOptions())).loadAll(rendered)) {
            if (one != null) {
                objects.add(map(one));
            }
        }
        return objects;
    }

    /// The one object of a kind, by its name where there are several.
    static Map<String, Object> object(String rendered, String kind, String name) {
        List<Map<String, Object>> found = objects(rendered).stream()
                .filter(one -> one.get("kind").equals(kind)
                        && map(one.get("metadata")).get("name").equals(name))
                .toList();
        if (found.size() != 1) {
            throw new AssertionError(found.size() + " of kind " + kind + " with name " + name + " in\n" + rendered);
        }
        return found.getFirst();
    }

    /// The value below keys, such as spec, template, spec.
    static Object at(Object object, String... keys) {
        Object at = object;
        for (String key : keys) {
            at = map(at).get(key);
            if (at == null) {
                throw new AssertionError("no " + key + " (of " + String.join(".", keys) + ") in " + object);
            }
        }
        return at;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> map(Object value) {
        return (Map<String, Object>) value;
    }

    @SuppressWarnings("unchecked")
    static List<Object> list(Object value) {
        return (List<Object>) value;
    }
}
