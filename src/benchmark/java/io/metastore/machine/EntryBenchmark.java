package io.metastore.machine;

import com.google.protobuf.InvalidProtocolBufferException;
import io.metastore.value.Bytes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Compares raft entries with the same commands as one message that protobuf writes and reads as a whole.
/// Entries are protobuf themselves: what differs is that commands are encoded one by one, on their callers'
/// threads, and joined.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 250, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
@State(Scope.Thread)
public class EntryBenchmark {
    @Param({"100", "1024", "10240"})
    public int valueBytes;

    /// Puts in the entry; a hundred are the most by default: `-p commands=1,100`.
    @Param("1")
    public int commands;

    private List<Command.Put> puts;
    private ByteBuffer entry;
    private byte[] message;

    @Setup
    public void makeCommands() {
        Random random = new Random(1);
        puts = new ArrayList<>();
        for (int i = 0; i < commands; i++) {
            byte[] value = new byte[valueBytes];
            random.nextBytes(value);
            Bytes key = Bytes.utf8("/registry/pods/default/pod-%06d".formatted(i));
            puts.add(new Command.Put(key, Bytes.wrap(value), 0, false, false, false));
        }
        entry = encodeEntry();
        message = encodeMessage();
        if (!decodeEntry().equals(puts) || !decodeMessage().equals(puts)) {
            throw new AssertionError("an entry is not what was written");
        }
    }

    @Benchmark
    public ByteBuffer encodeEntry() {
        List<byte[]> encoded = new ArrayList<>(puts.size());
        for (Command.Put put : puts) {
            encoded.add(CommandCodec.encode(put));
        }
        return EntryCodec.encode(new Origin(1, 2, 3, 0), encoded);
    }

    @Benchmark
    public byte[] encodeMessage() {
        var batch = io.metastore.machine.replicated.Batch.newBuilder();
        for (Command.Put put : puts) {
            batch.addCommands(io.metastore.machine.replicated.Command.newBuilder()
                    .setPut(io.metastore.machine.replicated.Put.newBuilder()
                            .setKey(ProtobufBytes.of(put.key()))
                            .setValue(ProtobufBytes.of(put.value()))
                            .setLease(put.lease())
                            .setPrevKv(put.previous())
                            .setIgnoreValue(put.ignoreValue())
                            .setIgnoreLease(put.ignoreLease())));
        }
        return batch.build().toByteArray();
    }

    @Benchmark
    public List<? extends Command<?>> decodeEntry() {
        return EntryCodec.decode(entry);
    }

    @Benchmark
    public List<Command<?>> decodeMessage() {
        try {
            var batch = io.metastore.machine.replicated.Batch.parseFrom(message);
            List<Command<?>> decoded = new ArrayList<>(batch.getCommandsCount());
            for (var command : batch.getCommandsList()) {
                decoded.add(CommandCodec.decode(command));
            }
            return decoded;
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }
}
