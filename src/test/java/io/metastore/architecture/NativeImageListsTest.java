package io.metastore.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.DescriptorProtos;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.MessageLite;
import com.google.protobuf.ProtocolMessageEnum;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// What the native executable reaches by name is declared in `META-INF/native-image`, and the declared lists are those
/// of the libraries in use: JRaft's own table of messages, its service files, the names inside RocksDB's library.
/// Run with `-Drewrite` to write the files anew after a change of version.
class NativeImageListsTest {
    private static final Path FOLDER = Path.of("src/main/resources/META-INF/native-image/io.metastore/metastore");

    private static final String JRAFT = "com.alipay.sofa.jraft.";
    private static final List<String> SERVICES = List.of(
            "JRaftServiceFactory", "rpc.RaftRpcFactory", "util.JRaftSignalHandler", "util.timer.RaftTimerFactory");
    /// JRaft asks for the class, and with an own factory in place never makes one. The libraries that it stands on are
    /// not there, so it is declared in the older form, which does not look into it.
    private static final String NEVER_MADE = JRAFT + "rpc.impl.BoltRaftRpcFactory";

    private static final String METHODS = "\"allDeclaredMethods\": true";
    private static final String CONSTRUCTORS = "\"allDeclaredConstructors\": true";
    private static final String JNI =
            CONSTRUCTORS + ", " + METHODS + ", \"allDeclaredFields\": true, \"jniAccessible\": true";

    private static final ClassLoader LOADER = NativeImageListsTest.class.getClassLoader();

    @Test
    void theListsAreThoseOfTheLibraries() throws IOException {
        holds("reachability-metadata.json", lists());
        holds("reflect-config.json", "[{\"name\": \"" + NEVER_MADE + "\"}]\n");
    }

    private static void holds(String name, String expected) throws IOException {
        Path file = FOLDER.resolve(name);
        if (System.getProperty("rewrite") != null) {
            Files.createDirectories(FOLDER);
            Files.writeString(file, expected);
        }
        assertEquals(expected, Files.readString(file), "run ./mvnw test -Drewrite -Dtest=NativeImageListsTest");
    }

    /// A list made from nothing would compare equal as well.
    @Test
    void theListsHoldWhatIsKnownToBeNeeded() throws IOException {
        assertTrue(raftMessages().contains(JRAFT + "entity.codec.v2.LogOutter$PBLogEntry$Builder"));
        assertTrue(raftMessages().size() > 80, "40 messages and their builders");
        assertTrue(descriptorMessages().contains("com.google.protobuf.DescriptorProtos$FieldOptions$Builder"));
        assertTrue(services().contains("io.metastore.consensus.jraft.PeerRpcFactory"));
        assertTrue(services().contains(NEVER_MADE));
        assertTrue(rocksClasses().contains("org.rocksdb.RocksDBException"));
        assertTrue(rocksClasses().contains("java.util.ArrayList"));
    }

    private static String lists() throws IOException {
        List<String> types = new ArrayList<>();
        // consensus.jraft.Voters starts it.
        types.add("    {\"type\": \"" + JRAFT + "core.NodeImpl\", \"fields\": [{\"name\": \"electionTimer\"}]}");
        for (String message : raftMessages()) {
            types.add(type(message, METHODS));
        }
        // Messages of JRaft print themselves when a snapshot is loaded, and protobuf then looks at their options.
        for (String message : descriptorMessages()) {
            types.add(type(message, METHODS));
        }
        for (String service : services()) {
            if (!service.equals(NEVER_MADE)) {
                types.add(type(service, CONSTRUCTORS));
            }
        }
        for (String name : rocksClasses()) {
            types.add(type(name, JNI));
        }
        List<String> resources = new ArrayList<>(List.of("    {\"glob\": \"raft.desc\"}"));
        for (String service : SERVICES) {
            resources.add("    {\"glob\": \"META-INF/services/" + JRAFT + service + "\"}");
        }
        return "{\n  \"reflection\": [\n" + String.join(",\n", types) + "\n  ],\n  \"resources\": [\n"
                + String.join(",\n", resources) + "\n  ]\n}\n";
    }

    private static String type(String name, String what) {
        return "    {\"type\": \"" + name + "\", " + what + "}";
    }

    /// JRaft reads the file `raft.desc` and looks for a class of each message in it.
    private static SortedSet<String> raftMessages() throws IOException {
        SortedSet<String> names = new TreeSet<>();
        for (FileDescriptorProto file :
                FileDescriptorSet.parseFrom(bytes("raft.desc")).getFileList()) {
            if (file.getOptions().getJavaPackage().startsWith(JRAFT)) {
                String outer = file.getOptions().getJavaPackage() + "."
                        + file.getOptions().getJavaOuterClassname();
                add(names, outer, file.getMessageTypeList(), file.getEnumTypeList());
            }
        }
        return names;
    }

    private static void add(
            SortedSet<String> names, String outer, List<DescriptorProto> messages, List<EnumDescriptorProto> enums) {
        for (EnumDescriptorProto type : enums) {
            names.add(known(outer + "$" + type.getName()));
        }
        for (DescriptorProto message : messages) {
            String name = known(outer + "$" + message.getName());
            names.add(name);
            names.add(known(name + "$Builder"));
            add(names, name, message.getNestedTypeList(), message.getEnumTypeList());
        }
    }

    private static String known(String name) {
        try {
            return Class.forName(name, false, LOADER).getName();
        } catch (ClassNotFoundException e) {
            throw new AssertionError("no such class: " + name, e);
        }
    }

    private static SortedSet<String> descriptorMessages() {
        SortedSet<String> names = new TreeSet<>();
        addNested(names, DescriptorProtos.class);
        return names;
    }

    private static void addNested(SortedSet<String> names, Class<?> outer) {
        for (Class<?> nested : outer.getDeclaredClasses()) {
            boolean used = MessageLite.class.isAssignableFrom(nested)
                    || MessageLite.Builder.class.isAssignableFrom(nested)
                    || ProtocolMessageEnum.class.isAssignableFrom(nested);
            if (used) {
                names.add(nested.getName());
                addNested(names, nested);
            }
        }
    }

    /// The classes that JRaft finds through service files, which it reads itself.
    private static SortedSet<String> services() throws IOException {
        SortedSet<String> names = new TreeSet<>();
        for (String service : SERVICES) {
            for (URL file : Collections.list(LOADER.getResources("META-INF/services/" + JRAFT + service))) {
                try (InputStream in = file.openStream()) {
                    new String(in.readAllBytes(), StandardCharsets.UTF_8)
                            .lines()
                            .map(String::strip)
                            .filter(line -> !line.isEmpty())
                            .forEach(names::add);
                }
            }
        }
        return names;
    }

    /// The classes that RocksDB's library asks Java for by name: names that stand alone among its bytes, with a zero
    /// behind them.
    private static SortedSet<String> rocksClasses() throws IOException {
        String library = new String(bytes("librocksdbjni-linux64.so"), StandardCharsets.ISO_8859_1);
        Matcher name = Pattern.compile("(?<![ -~])(?:org/rocksdb|java)/[A-Za-z0-9_$/]+(?=\0)")
                .matcher(library);
        SortedSet<String> names = new TreeSet<>();
        while (name.find()) {
            addWithParents(names, name.group().replace('/', '.'));
        }
        return names;
    }

    /// With the classes of RocksDB that it inherits from: a method may be looked up in any of them.
    private static void addWithParents(SortedSet<String> names, String name) {
        try {
            Class<?> type = Class.forName(name, false, LOADER);
            names.add(name);
            if (type.getSuperclass() != null && type.getSuperclass().getName().startsWith("org.rocksdb.")) {
                addWithParents(names, type.getSuperclass().getName());
            }
        } catch (ClassNotFoundException _) {
            // A name that the library carries from another version of itself: it cannot be found in Java either.
            assertTrue(name.startsWith("org.rocksdb."), name);
        }
    }

    private static byte[] bytes(String resource) throws IOException {
        try (InputStream in = LOADER.getResourceAsStream(resource)) {
            assertTrue(in != null, resource);
            return in.readAllBytes();
        }
    }
}
