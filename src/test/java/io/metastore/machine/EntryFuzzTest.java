package io.metastore.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.metastore.Golden;
import io.metastore.fuzz.Fuzz;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Raft entries, damaged: each is read as commands that can be written again, or refused as malformed.
class EntryFuzzTest {
    @Test
    void entries() {
        List<byte[]> corpus = new ArrayList<>(List.of(Golden.bytes("entry-single"), Golden.bytes("entry-batch")));
        for (HistoryStep step : new HistoryGenerator(1, true).steps(200)) {
            if (step instanceof HistoryStep.Apply apply) {
                apply.entries().forEach(entry -> corpus.add(encoded(entry.commands(), entry.batching())));
            }
        }
        Fuzz.of("raft entries", MalformedEntry.class)
                .allocating(256 << 10, 2_000)
                .run(corpus, input -> {
                    List<? extends Command<?>> commands = EntryCodec.decode(ByteBuffer.wrap(input));
                    assertEquals(commands, EntryCodec.decode(ByteBuffer.wrap(encoded(commands, true))));
                });
    }

    private static byte[] encoded(List<? extends Command<?>> commands, boolean batching) {
        List<byte[]> each = commands.stream().<byte[]>map(CommandCodec::encode).toList();
        ByteBuffer entry =
                batching ? EntryCodec.encode(new Origin(1, 2, 3, 4), each) : FormerEntries.encode(each, false);
        byte[] bytes = new byte[entry.remaining()];
        entry.get(bytes);
        return bytes;
    }
}
