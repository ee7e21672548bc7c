package io.metastore.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.metastore.api.etcd.authpb.AuthProto;
import io.metastore.api.etcd.etcdserverpb.RpcProto;
import io.metastore.api.etcd.mvccpb.KvProto;
import io.metastore.api.etcd.v3electionpb.ElectionProto;
import io.metastore.api.etcd.v3lockpb.LockProto;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// The compiled descriptors and the table of etcd's wire contract say the same, in both directions.
class WireContractTest {
    private static final List<FileDescriptor> FILES = List.of(
            RpcProto.getDescriptor(),
            KvProto.getDescriptor(),
            AuthProto.getDescriptor(),
            LockProto.getDescriptor(),
            ElectionProto.getDescriptor());

    /// Rows of the table of one kind, split into columns.
    private static List<String[]> rows(String kind) throws IOException {
        try (InputStream in = WireContractTest.class.getResourceAsStream("/wire-contract.tsv")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> line.split("\t", -1))
                    .filter(columns -> columns[0].equals(kind))
                    .toList();
        }
    }

    private static void assertSame(int count, TreeSet<String> expected, TreeSet<String> actual) {
        assertEquals(count, expected.size(), "rows of the table");
        TreeSet<String> missing = new TreeSet<>(expected);
        missing.removeAll(actual);
        TreeSet<String> added = new TreeSet<>(actual);
        added.removeAll(expected);
        assertEquals("missing: [], added: []", "missing: " + missing + ", added: " + added);
    }

    private static List<Descriptor> messages() {
        return FILES.stream()
                .flatMap(file -> file.getMessageTypes().stream())
                .<Descriptor>mapMulti((message, all) -> {
                    all.accept(message);
                    message.getNestedTypes().forEach(all);
                })
                .toList();
    }

    private static String name(FileDescriptor file, String fullName) {
        return fullName.substring(file.getPackage().length() + 1);
    }

    @Test
    void calls() throws IOException {
        TreeSet<String> expected = new TreeSet<>();
        for (String[] row : rows("rpc")) {
            expected.add(String.join(" ", row[4], row[5], row[6], row[7], row[8]));
        }
        TreeSet<String> actual = new TreeSet<>();
        for (FileDescriptor file : FILES) {
            for (ServiceDescriptor service : file.getServices()) {
                for (MethodDescriptor method : service.getMethods()) {
                    actual.add(String.join(
                            " ",
                            "/" + service.getFullName() + "/" + method.getName(),
                            method.getInputType().getName(),
                            method.getOutputType().getName(),
                            Boolean.toString(method.isClientStreaming()),
                            Boolean.toString(method.isServerStreaming())));
                }
            }
        }
        assertSame(49, expected, actual);
    }

    @Test
    void messagesAndHowManyFieldsTheyHave() throws IOException {
        TreeSet<String> expected = new TreeSet<>();
        for (String[] row : rows("message")) {
            expected.add(row[1] + "." + row[2] + " " + row[3]);
        }
        TreeSet<String> actual = new TreeSet<>();
        messages().forEach(message ->
                actual.add(message.getFullName() + " " + message.getFields().size()));
        assertSame(117, expected, actual);
    }

    @Test
    void fields() throws IOException {
        TreeSet<String> expected = new TreeSet<>();
        for (String[] row : rows("field")) {
            String type = row[5].substring(row[5].lastIndexOf('.') + 1);
            expected.add(String.join(" ", row[1] + "." + row[2], row[3], row[4], type, row[7], row[8]));
        }
        TreeSet<String> actual = new TreeSet<>();
        for (Descriptor message : messages()) {
            for (FieldDescriptor field : message.getFields()) {
                actual.add(String.join(
                        " ",
                        message.getFullName(),
                        field.getName(),
                        Integer.toString(field.getNumber()),
                        type(field),
                        field.isRepeated() ? "repeated" : "singular",
                        field.getRealContainingOneof() == null
                                ? ""
                                : field.getRealContainingOneof().getName()));
            }
        }
        assertSame(261, expected, actual);
    }

    private static String type(FieldDescriptor field) {
        return switch (field.getJavaType()) {
            case MESSAGE -> field.getMessageType().getName();
            case ENUM -> field.getEnumType().getName();
            default -> field.getType().name().toLowerCase(Locale.ROOT);
        };
    }

    @Test
    void enumValues() throws IOException {
        TreeSet<String> expected = new TreeSet<>();
        for (String[] row : rows("enum_value")) {
            expected.add(String.join(" ", row[1] + "." + row[2], row[3], row[4]));
        }
        TreeSet<String> actual = new TreeSet<>();
        FILES.forEach(file -> file.getEnumTypes().forEach(type -> values(file, type, actual)));
        messages().forEach(message ->
                message.getEnumTypes().forEach(type -> values(message.getFile(), type, actual)));
        assertSame(33, expected, actual);
    }

    private static void values(FileDescriptor file, EnumDescriptor type, TreeSet<String> into) {
        type.getValues()
                .forEach(value -> into.add(String.join(
                        " ",
                        file.getPackage() + "." + name(file, type.getFullName()),
                        value.getName(),
                        Integer.toString(value.getNumber()))));
    }
}
