package io.metastore.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.metastore.mvcc.PlantedHelper;
import io.metastore.service.PlantedThreads;
import io.metastore.value.KeyValue;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Holds the arrows between the packages, the vendors in their rooms, and what must be deterministic so.
class ArchitectureTest {
    private static final JavaClasses HOUSE = house();

    private static JavaClasses house() {
        // Vendors are known by name; reading all of them would take a minute.
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        try {
            return new ClassFileImporter()
                    .withImportOption(location -> !location.contains("/io/metastore/api/etcd/"))
                    .withImportOption(location -> !location.contains("/io/metastore/consensus/peer/wire/"))
                    .importPath(Path.of(KeyValue.class
                            .getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI()));
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void assertNone(List<String> violations) {
        assertEquals("", String.join("\n", violations));
    }

    @Test
    void theWholeHouseIsLookedAt() {
        Set<String> rooms = HOUSE.stream()
                .filter(type -> !Rooms.isGenerated(type))
                .map(JavaClass::getPackageName)
                .collect(Collectors.toSet());
        assertTrue(HOUSE.stream().filter(type -> !Rooms.isGenerated(type)).count() > 250, "classes imported");
        for (String room :
                List.of("server", "cli", "local", "api", "service", "consensus.jraft", "machine", "mvcc", "value")) {
            assertTrue(rooms.contains("io.metastore." + room), room);
        }
        assertNone(Rooms.strangers(HOUSE));
    }

    @Test
    void packagesKnowOnlyWhatStandsFurtherIn() {
        assertNone(Rooms.arrows(HOUSE));
    }

    @Test
    void vendorsStayInTheirRooms() {
        assertNone(Rooms.vendors(HOUSE));
    }

    @Test
    void whatIsReplicatedIsDeterministic() {
        assertNone(Rooms.unsteady(HOUSE));
    }

    @Test
    void threadsAreMadeByTheirStarter() {
        assertNone(Rooms.threads(HOUSE));
    }

    @Test
    void namesSayWhatAClassIs() {
        assertNone(Rooms.emptyNames(HOUSE));
    }

    @Test
    void aPlantedViolationIsCaught() {
        JavaClasses planted = new ClassFileImporter().importClasses(PlantedHelper.class);
        String name = PlantedHelper.class.getName();
        assertEquals(List.of(name + " knows io.metastore.machine.Command"), Rooms.arrows(planted));
        assertEquals(List.of(name + " knows org.rocksdb.WriteOptions"), Rooms.vendors(planted));
        assertEquals(List.of(name + ".clock() uses java.lang.System.nanoTime"), Rooms.unsteady(planted));
        assertEquals(List.of(name), Rooms.emptyNames(planted));
    }

    @Test
    void plantedThreadsAreCaught() {
        JavaClasses planted = new ClassFileImporter().importClasses(PlantedThreads.class);
        String name = PlantedThreads.class.getName();
        assertEquals(
                List.of(
                        name + ".one() uses java.lang.Thread.<init>",
                        name + ".pool() uses java.util.concurrent.Executors.newCachedThreadPool",
                        name + ".virtual() uses java.lang.Thread.startVirtualThread"),
                Rooms.threads(planted));
    }
}
