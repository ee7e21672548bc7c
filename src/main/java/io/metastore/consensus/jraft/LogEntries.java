package io.metastore.consensus.jraft;

import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.conf.ConfigurationEntry;
import com.alipay.sofa.jraft.entity.EnumOutter.EntryType;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.entity.LogId;
import com.alipay.sofa.jraft.entity.PeerId;
import io.metastore.consensus.log.Entry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// JRaft's entries in the form of the log, and back.
///
/// An entry that says who the members are is four lines of text: voters, those before while they change,
/// learners, and those before; in each line addresses with a comma between them.
final class LogEntries {
    private static final ByteBuffer NO_DATA = ByteBuffer.allocate(0).asReadOnlyBuffer();

    private LogEntries() {}

    static Entry of(LogEntry entry) {
        long term = entry.getId().getTerm();
        return switch (entry.getType()) {
            case ENTRY_TYPE_DATA -> new Entry(term, Entry.Kind.COMMANDS, entry.getData());
            case ENTRY_TYPE_CONFIGURATION -> new Entry(term, Entry.Kind.CONFIGURATION, text(entry));
            case ENTRY_TYPE_NO_OP -> new Entry(term, Entry.Kind.NOTHING, NO_DATA);
            case ENTRY_TYPE_UNKNOWN -> throw new IllegalArgumentException("an entry of unknown type: " + entry);
        };
    }

    static LogEntry toJraft(long index, Entry entry) {
        LogEntry converted = new LogEntry(type(entry.kind()));
        converted.setId(new LogId(index, entry.term()));
        if (entry.kind() == Entry.Kind.CONFIGURATION) {
            List<List<PeerId>> lines = lines(entry.data());
            converted.setPeers(lines.get(0));
            converted.setOldPeers(orNull(lines.get(1)));
            converted.setLearners(orNull(lines.get(2)));
            converted.setOldLearners(orNull(lines.get(3)));
        } else {
            converted.setData(entry.data().slice());
        }
        return converted;
    }

    private static EntryType type(Entry.Kind kind) {
        return switch (kind) {
            case COMMANDS -> EntryType.ENTRY_TYPE_DATA;
            case CONFIGURATION -> EntryType.ENTRY_TYPE_CONFIGURATION;
            case NOTHING -> EntryType.ENTRY_TYPE_NO_OP;
        };
    }

    /// Who the members are from an entry on.
    static ConfigurationEntry membership(LogEntry entry) {
        return new ConfigurationEntry(
                entry.getId(),
                new Configuration(entry.getPeers(), entry.getLearners()),
                entry.getOldPeers() == null
                        ? new Configuration()
                        : new Configuration(entry.getOldPeers(), entry.getOldLearners()));
    }

    private static ByteBuffer text(LogEntry entry) {
        String lines = line(entry.getPeers())
                + line(entry.getOldPeers())
                + line(entry.getLearners())
                + line(entry.getOldLearners());
        return ByteBuffer.wrap(lines.getBytes(StandardCharsets.UTF_8));
    }

    private static String line(List<PeerId> peers) {
        return peers == null ? "\n" : peers.stream().map(PeerId::toString).collect(Collectors.joining(",", "", "\n"));
    }

    private static List<List<PeerId>> lines(ByteBuffer text) {
        String[] lines =
                StandardCharsets.UTF_8.decode(text.duplicate()).toString().split("\n", -1);
        if (lines.length != 5) {
            throw new IllegalStateException("members in the raft log have an unknown form: " + Arrays.toString(lines));
        }
        List<List<PeerId>> peers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            peers.add(
                    lines[i].isEmpty()
                            ? List.of()
                            : Arrays.stream(lines[i].split(","))
                                    .map(PeerId::parsePeer)
                                    .collect(Collectors.toList()));
        }
        return peers;
    }

    private static List<PeerId> orNull(List<PeerId> peers) {
        return peers.isEmpty() ? null : peers;
    }
}
