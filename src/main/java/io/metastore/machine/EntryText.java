package io.metastore.machine;

import com.google.protobuf.InvalidProtocolBufferException;
import io.metastore.auth.AuthChange;
import io.metastore.auth.Permission;
import io.metastore.cluster.MemberChange;
import io.metastore.mvcc.RangeQuery;
import io.metastore.value.Bytes;
import io.metastore.value.KeyRange;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Entries in words, for people who look at the log: one line for each command, keys quoted and shortened, of values
/// only how long they are. What cannot be decoded is shown as bytes, beside the commands of the entry that can.
public final class EntryText {
    private static final int KEY_BYTES = 64;
    private static final String UNDECODABLE = "undecodable";

    private final boolean whole;
    private final List<String> lines = new ArrayList<>();

    private EntryText(boolean whole) {
        this.whole = whole;
    }

    /// The lines of an entry; leaves the position of `entry` alone.
    ///
    /// @param whole show keys, values and bytes in full
    public static List<String> lines(ByteBuffer entry, boolean whole) {
        EntryText text = new EntryText(whole);
        try {
            for (EntryCodec.Part part : EntryCodec.parts(entry)) {
                text.part(part);
            }
        } catch (MalformedEntry malformed) {
            text.undecodable(malformed, bytes(entry));
        }
        return text.lines;
    }

    /// How many commands of which type an entry holds, as in `2 Put, 1 Txn`.
    public static String types(ByteBuffer entry) {
        Map<String, Integer> counts = new TreeMap<>();
        try {
            for (EntryCodec.Part part : EntryCodec.parts(entry)) {
                counts.merge(type(part), 1, Integer::sum);
            }
        } catch (MalformedEntry _) {
            return UNDECODABLE;
        }
        List<String> types = new ArrayList<>();
        counts.forEach((type, count) -> types.add(count + " " + type));
        return types.isEmpty() ? "no commands" : String.join(", ", types);
    }

    private static String type(EntryCodec.Part part) {
        try {
            return CommandType.of(part.decode()).etcdName();
        } catch (MalformedEntry _) {
            return UNDECODABLE;
        }
    }

    private static byte[] bytes(ByteBuffer entry) {
        byte[] bytes = new byte[entry.remaining()];
        entry.duplicate().get(bytes);
        return bytes;
    }

    private void part(EntryCodec.Part part) {
        try {
            command(part.decode(), "");
        } catch (MalformedEntry malformed) {
            undecodable(malformed, part.message().toByteArray());
        }
    }

    private void undecodable(MalformedEntry malformed, byte[] bytes) {
        String cause =
                malformed.getCause() instanceof InvalidProtocolBufferException form ? ": " + form.getMessage() : "";
        lines.add(UNDECODABLE + ", " + bytes.length + " bytes: " + malformed.getMessage() + cause);
        lines.add("  " + hex(bytes));
    }

    private String hex(byte[] bytes) {
        int shown = whole ? bytes.length : Math.min(bytes.length, KEY_BYTES);
        return "0x" + HexFormat.of().formatHex(bytes, 0, shown) + (shown < bytes.length ? "..." : "");
    }

    private void command(Command<?> command, String indent) {
        String type = indent + CommandType.of(command).etcdName() + " ";
        switch (command) {
            case Command.As<?> as -> {
                lines.add(indent + "by user \"" + as.who().user() + "\" of auth revision "
                        + as.who().revision());
                command(as.command(), indent + "  ");
            }
            case Command.Put put -> lines.add(type + put(put));
            case Command.DeleteRange delete -> lines.add(type + delete(delete));
            case Command.Txn txn -> {
                lines.add(indent + CommandType.TXN.etcdName());
                txn(txn, indent + "  ");
            }
            case Command.Compact compact -> lines.add(type + "revision " + compact.revision());
            case Command.LeaseGrant grant -> lines.add(type + lease(grant.id()) + ", " + grant.ttlSeconds() + " s");
            case Command.LeaseRevoke revoke ->
                lines.add(type
                        + lease(revoke.id())
                        + (revoke.grantIndex() == 0 ? "" : " if granted by entry " + revoke.grantIndex()));
            case Command.AlarmChange change ->
                lines.add(type + (change.raise() ? "raise " : "take back ")
                        + change.alarm().type() + " of member "
                        + Long.toHexString(change.alarm().memberId()));
            case Command.ClusterStart start ->
                start.members()
                        .forEach(member -> lines.add(type + "member " + Long.toHexString(member.id()) + ", peers at "
                                + String.join(",", member.peerUrls())));
            case Command.MemberPublish publish ->
                lines.add(type + "member " + Long.toHexString(publish.id()) + " named \"" + publish.name()
                        + "\", clients at " + String.join(",", publish.clientUrls()) + ", incarnation "
                        + publish.incarnation());
            case Command.ChangeMembers(MemberChange change) -> lines.add(type + change(change));
            case Command.ChangeAuth(AuthChange change) -> lines.add((type + change(change)).stripTrailing());
        }
    }

    private static String change(MemberChange change) {
        String member = " member " + Long.toHexString(change.id());
        return switch (change) {
            case MemberChange.Add add ->
                "add" + member + (add.learner() ? " as a learner" : "") + ", peers at "
                        + String.join(",", add.peerUrls());
            case MemberChange.Remove _ -> "remove" + member;
            case MemberChange.Update update -> "update" + member + ", peers at " + String.join(",", update.peerUrls());
            case MemberChange.Promote _ -> "promote" + member;
        };
    }

    /// Leaves out hashes and secrets.
    private String change(AuthChange change) {
        return switch (change) {
            case AuthChange.Enable _, AuthChange.Disable _ -> "";
            case AuthChange.AddUser add -> user(add.name());
            case AuthChange.DeleteUser(String name) -> user(name);
            case AuthChange.ChangePassword to -> user(to.name());
            case AuthChange.GrantRole(String user, String role) -> user(user) + ", " + role(role);
            case AuthChange.RevokeRole(String user, String role) -> user(user) + ", " + role(role);
            case AuthChange.AddRole(String name) -> role(name);
            case AuthChange.DeleteRole(String name) -> role(name);
            case AuthChange.GrantPermission(String role, Permission permission) ->
                role(role)
                        + (permission == null
                                ? ""
                                : ", " + permission.type() + " of "
                                        + range(KeyRange.of(permission.key(), permission.rangeEnd())));
            case AuthChange.RevokePermission revoke ->
                role(revoke.role()) + ", " + range(KeyRange.of(revoke.key(), revoke.rangeEnd()));
            case AuthChange.LogIn in -> user(in.user());
        };
    }

    private static String user(String name) {
        return "user \"" + name + "\"";
    }

    private static String role(String name) {
        return "role \"" + name + "\"";
    }

    private String put(Command.Put put) {
        return key(put.key())
                + (put.ignoreValue() ? ", the value it has" : ", " + value(put.value()))
                + (put.ignoreLease() ? ", the lease it has" : put.lease() == 0 ? "" : ", " + lease(put.lease()));
    }

    private String delete(Command.DeleteRange delete) {
        return range(delete.range());
    }

    private void txn(Command.Txn txn, String indent) {
        for (Compare compare : txn.compares()) {
            lines.add(indent + "if " + compare.target() + " of " + range(compare.range()) + " is "
                    + compare.relation() + " "
                    + (compare.target() == Compare.Target.VALUE ? value(compare.value()) : compare.number()));
        }
        operations("then", txn.success(), indent);
        operations("else", txn.failure(), indent);
    }

    private void operations(String when, List<Operation> operations, String indent) {
        for (Operation operation : operations) {
            String begin = indent + when + " ";
            switch (operation) {
                case Operation.Range range -> lines.add(begin + "Range " + query(range.query()));
                case Operation.Put put -> lines.add(begin + "Put " + put(put.put()));
                case Operation.Delete delete -> lines.add(begin + "DeleteRange " + delete(delete.delete()));
                case Operation.Nested nested -> {
                    lines.add(begin + "Txn");
                    txn(nested.txn(), indent + "  ");
                }
            }
        }
    }

    private String query(RangeQuery query) {
        return range(query.range())
                + (query.revision() > 0 ? " at revision " + query.revision() : "")
                + (query.limit() > 0 ? ", at most " + query.limit() : "");
    }

    private String range(KeyRange range) {
        if (range.isSingle()) {
            return key(range.start());
        }
        return "from " + key(range.start()) + (range.isUnbounded() ? " on" : " to before " + key(range.end()));
    }

    private static String lease(long id) {
        return "lease " + Long.toHexString(id);
    }

    private String value(Bytes value) {
        return "value of " + value.length() + " bytes" + (whole ? " " + quoted(value, value.length()) : "");
    }

    private String key(Bytes key) {
        int shown = whole ? key.length() : Math.min(key.length(), KEY_BYTES);
        return quoted(key, shown) + (shown < key.length() ? "... (" + key.length() + " bytes)" : "");
    }

    /// Between quotation marks, as a string of C: what is not printable is `\x` and two digits.
    private static String quoted(Bytes bytes, int shown) {
        StringBuilder text = new StringBuilder("\"");
        for (int i = 0; i < shown; i++) {
            byte b = bytes.array()[i];
            if (b == '"' || b == '\\') {
                text.append('\\').append((char) b);
            } else if (b >= 0x20 && b <= 0x7e) {
                text.append((char) b);
            } else {
                text.append("\\x").append(HexFormat.of().toHexDigits(b));
            }
        }
        return text.append('"').toString();
    }
}
