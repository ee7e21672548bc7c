package io.metastore.mvcc;

import io.metastore.machine.ProtobufBytes;
import io.metastore.value.Bytes;
import io.metastore.value.KeyValue;
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

/// Compares the ways to store a version of a key: our record format 1, our reader and writer of format 0, and
/// the class that protobuf generates for format 0's message. All begin with and end in the same `KeyValue`.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 250, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
@State(Scope.Thread)
public class RecordBenchmark {
    @Param({"100", "1024", "10240"})
    public int valueBytes;

    private KeyValue pair;
    private byte[] format1;
    private byte[] format0;
    private byte[] message;

    @Setup
    public void makePair() {
        byte[] value = new byte[valueBytes];
        new Random(1).nextBytes(value);
        pair = new KeyValue(
                Bytes.utf8("/registry/pods/default/pod-000001"), Bytes.wrap(value), 1_000_001, 1_234_567, 17, 0);
        format1 = encodeFormat1();
        message = encodeMessage();
        format0 = new byte[1 + message.length];
        format0[0] = RecordFormat.ETCD;
        System.arraycopy(message, 0, format0, 1, message.length);
        if (!decodeFormat1().equals(pair)
                || !decodeFormat0().equals(pair)
                || !decodeMessage().equals(pair)) {
            throw new AssertionError("a record is not what was written");
        }
    }

    @Benchmark
    public byte[] encodeFormat1() {
        byte[] record = new byte[RecordFormat.size(pair)];
        RecordFormat.write(pair, record, 0);
        return record;
    }

    @Benchmark
    public byte[] encodeFormat0() {
        return EtcdRecord.encode(pair);
    }

    @Benchmark
    public byte[] encodeMessage() {
        return io.metastore.api.etcd.mvccpb.KeyValue.newBuilder()
                .setKey(ProtobufBytes.of(pair.key()))
                .setCreateRevision(pair.createRevision())
                .setModRevision(pair.modRevision())
                .setVersion(pair.version())
                .setValue(ProtobufBytes.of(pair.value()))
                .setLease(pair.lease())
                .build()
                .toByteArray();
    }

    @Benchmark
    public KeyValue decodeFormat1() {
        return RecordFormat.read(format1, 0);
    }

    @Benchmark
    public KeyValue decodeFormat0() {
        return RecordFormat.read(format0, 0);
    }

    @Benchmark
    public KeyValue decodeMessage() {
        try {
            io.metastore.api.etcd.mvccpb.KeyValue read = io.metastore.api.etcd.mvccpb.KeyValue.parseFrom(message);
            return new KeyValue(
                    ProtobufBytes.of(read.getKey()),
                    ProtobufBytes.of(read.getValue()),
                    read.getCreateRevision(),
                    read.getModRevision(),
                    read.getVersion(),
                    read.getLease());
        } catch (com.google.protobuf.InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }
}
