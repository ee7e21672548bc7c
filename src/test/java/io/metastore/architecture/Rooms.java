package io.metastore.architecture;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/// The rules of the house. Each answers with the violations it finds, one line each.
final class Rooms {
    private static final String ROOT = "io.metastore.";

    /// From the outside inwards. A package imports only what stands further down; those of one line stand
    /// beside each other and do not know each other, except that configuration and command line are one
    /// thing in two rooms.
    static final List<List<String>> ORDER = List.of(
            List.of("server", "cli"),
            List.of("api"),
            List.of("service"),
            List.of("consensus"),
            List.of("machine"),
            List.of("auth", "lease", "watch", "cluster"),
            List.of("mvcc"),
            List.of("engine"),
            List.of("value", "measure", "thread"));

    /// Clients of a server like any other: they know its messages and what they share, and the command line knows them.
    private static final List<String> APART = List.of("bench", "local", "admin", "client");

    /// Which class may know which vendor.
    private static final Map<String, Predicate<JavaClass>> VENDORS = Map.ofEntries(
            Map.entry("com.alipay.sofa.", in("consensus.jraft")),
            Map.entry("org.rocksdb.", in("engine.rocksdb")),
            Map.entry(
                    "io.grpc.",
                    in(
                            "api",
                            "bench",
                            "local",
                            "admin",
                            "client",
                            "server",
                            "consensus.peer.grpc",
                            "consensus.peer.wire")),
            Map.entry("io.metastore.api.etcd.", in("api", "bench", "local", "admin", "server")),
            Map.entry("io.micrometer.", in("server").or(Rooms::isMetrics)),
            Map.entry("io.quarkus.", in("server", "api", "cli").or(Rooms::isMain)),
            Map.entry("jakarta.", in("server", "api", "cli").or(Rooms::isMain)),
            // The server waits for a few answers of services when it starts and when it is asked for its health.
            Map.entry("io.smallrye.mutiny.", in("api", "service", "server")),
            Map.entry("at.favre.lib.", in("service.login")),
            Map.entry("org.jose4j.", in("service.login")),
            Map.entry("org.HdrHistogram.", in("bench")));

    private static final List<String> DETERMINISTIC = List.of("machine", "auth", "lease", "cluster", "mvcc");

    private static final Pattern UNSTEADY = Pattern.compile(
            "java\\.lang\\.System\\.(currentTimeMillis|nanoTime|getenv|getProperty|getProperties|identityHashCode)"
                    + "|java\\.lang\\.(Integer|Long|Boolean)\\.(getInteger|getLong|getBoolean)"
                    + "|java\\.lang\\.Math\\.random|java\\.util\\.UUID\\.randomUUID"
                    + "|java\\.lang\\.(Thread|Runtime|ProcessHandle)\\..*"
                    + "|java\\.(util\\.(Random|Timer|SplittableRandom)|security\\.SecureRandom)\\..*"
                    + "|java\\.util\\.random\\..*"
                    + "|java\\.util\\.concurrent\\.(ThreadLocalRandom|Executors|ForkJoinPool|CompletableFuture"
                    + "|ThreadPoolExecutor|ScheduledThreadPoolExecutor)\\..*"
                    + "|java\\.time\\..*\\.(now|systemUTC|systemDefaultZone|system)"
                    + "|java\\.util\\..*\\.parallelStream");

    /// What makes a thread; one that is not made by the room `thread` may end unseen.
    private static final Pattern THREADS = Pattern.compile(
            "java\\.lang\\.Thread\\.(<init>|ofPlatform|ofVirtual|startVirtualThread)|java\\.util\\.Timer\\.<init>"
                    + "|java\\.util\\.concurrent\\.(Executors|ForkJoinPool)\\..*"
                    + "|java\\.util\\.concurrent\\.(Scheduled)?ThreadPoolExecutor\\.<init>");

    private static final Pattern EMPTY_NAME =
            Pattern.compile(".*(Manager|Helper|Util|Utils|Impl|Base|Wrapper|Processor)");

    private Rooms() {}

    private static Predicate<JavaClass> in(String... packages) {
        return type -> Arrays.stream(packages).anyMatch(name -> isIn(type, name));
    }

    private static boolean isIn(JavaClass type, String name) {
        return (type.getPackageName() + ".").startsWith(ROOT + name + ".");
    }

    private static boolean isMetrics(JavaClass type) {
        return outermost(type).endsWith("Metrics");
    }

    private static boolean isMain(JavaClass type) {
        return type.getName().startsWith("io.metastore.Main");
    }

    private static String outermost(JavaClass type) {
        String name = type.getName().substring(type.getPackageName().length() + 1);
        return name.contains("$") ? name.substring(0, name.indexOf('$')) : name;
    }

    static boolean isGenerated(JavaClass type) {
        return isIn(type, "api.etcd")
                || isIn(type, "api.grpc")
                || isIn(type, "machine.replicated")
                || isIn(type, "consensus.peer.wire");
    }

    private static String room(String className) {
        String rest = className.startsWith(ROOT) ? className.substring(ROOT.length()) : "";
        return rest.contains(".") ? rest.substring(0, rest.indexOf('.')) : "";
    }

    private static int place(String room) {
        for (int i = 0; i < ORDER.size(); i++) {
            if (ORDER.get(i).contains(room)) {
                return i;
            }
        }
        return -1;
    }

    static List<String> arrows(JavaClasses classes) {
        TreeSet<String> wrong = new TreeSet<>();
        for (JavaClass type : classes) {
            String from = room(type.getName());
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                String target =
                        dependency.getTargetClass().getBaseComponentType().getName();
                String to = room(target);
                if (!to.isEmpty() && !from.isEmpty() && !to.equals(from) && !mayKnow(from, to, target)) {
                    wrong.add(type.getName() + " knows " + target);
                }
            }
        }
        return List.copyOf(wrong);
    }

    private static boolean mayKnow(String from, String to, String target) {
        if (APART.contains(from)) {
            return target.startsWith(ROOT + "api.etcd.") || to.equals("client");
        }
        if (APART.contains(to)) {
            return from.equals("cli") || (from.equals("server") && to.equals("bench"));
        }
        boolean configuration = place(from) == 0 && place(to) == 0;
        return configuration || (place(from) >= 0 && place(to) > place(from));
    }

    /// Rooms that have no place in the list.
    static List<String> strangers(JavaClasses classes) {
        TreeSet<String> unknown = new TreeSet<>();
        for (JavaClass type : classes) {
            String room = room(type.getName());
            if (!room.isEmpty() && !APART.contains(room) && place(room) < 0) {
                unknown.add(room);
            }
        }
        return List.copyOf(unknown);
    }

    static List<String> vendors(JavaClasses classes) {
        TreeSet<String> wrong = new TreeSet<>();
        for (JavaClass type : classes) {
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                String target =
                        dependency.getTargetClass().getBaseComponentType().getName();
                VENDORS.forEach((vendor, allowed) -> {
                    if (target.startsWith(vendor) && !allowed.test(type)) {
                        wrong.add(type.getName() + " knows " + target);
                    }
                });
            }
        }
        return List.copyOf(wrong);
    }

    static List<String> unsteady(JavaClasses classes) {
        TreeSet<String> wrong = new TreeSet<>();
        for (JavaClass type : classes) {
            if (DETERMINISTIC.contains(room(type.getName())) && !isMetrics(type) && !isGenerated(type)) {
                List<JavaAccess<?>> accesses = new ArrayList<>(type.getAccessesFromSelf());
                for (JavaAccess<?> access : accesses) {
                    String target = access.getTargetOwner().getName() + "."
                            + access.getTarget().getName();
                    if (UNSTEADY.matcher(target).matches()) {
                        wrong.add(access.getOrigin().getFullName() + " uses " + target);
                    }
                }
            }
        }
        return List.copyOf(wrong);
    }

    /// Threads of the server that are not made by its starter. The benchmark is a client and ends by itself.
    static List<String> threads(JavaClasses classes) {
        TreeSet<String> wrong = new TreeSet<>();
        for (JavaClass type : classes) {
            if (!isIn(type, "thread") && !isIn(type, "bench")) {
                for (JavaAccess<?> access : type.getAccessesFromSelf()) {
                    String target = access.getTargetOwner().getName() + "."
                            + access.getTarget().getName();
                    if (THREADS.matcher(target).matches()) {
                        wrong.add(access.getOrigin().getFullName() + " uses " + target);
                    }
                }
            }
        }
        return List.copyOf(wrong);
    }

    static List<String> emptyNames(JavaClasses classes) {
        TreeSet<String> wrong = new TreeSet<>();
        for (JavaClass type : classes) {
            if (!isGenerated(type) && EMPTY_NAME.matcher(type.getSimpleName()).matches()) {
                wrong.add(type.getName());
            }
        }
        return List.copyOf(wrong);
    }
}
