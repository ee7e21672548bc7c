package io.metastore.engine;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.zip.CRC32C;

/// A captured state as one file, `rows`, that every engine reads.
///
/// ```
/// magic "MSTOROWS" | format (4 bytes)
/// blocks: length (4), CRC-32C of the payload (4), payload: rows
/// row:    table (1), length of the key, length of the value (varints), key, value
/// end:    length 0 (4), CRC-32C of the next eight bytes (4), number of rows (8)
/// ```
///
/// Numbers of fixed length are big endian. A file without its end was cut short, whatever else it says.
public final class RowStream implements RowSource {
    /// Raised when a reader of the number before would take a file for what it is not.
    public static final int FORMAT = 1;

    private static final String FILE = "rows";
    private static final byte[] MAGIC = "MSTOROWS".getBytes(StandardCharsets.US_ASCII);
    /// A block is written when it has so much: what a reader must hold of the file at once.
    private static final int BLOCK = 256 << 10;
    /// The longest that a row may be, and so a block.
    private static final int BLOCK_MAX = Integer.MAX_VALUE - 64;

    private final Path file;
    private final DataInputStream in;
    private byte[] block = new byte[0];
    private int at;
    private int end;
    private long rows;
    private boolean finished;
    private Table table;
    private byte[] key;
    private byte[] value;

    /// Whether `captured` was written by [#write].
    public static boolean isIn(Path captured) {
        return Files.isRegularFile(captured.resolve(FILE));
    }

    /// Opens what [#write] left in the folder `captured`.
    ///
    /// @throws EngineFailure when it cannot be read, or is of a format that this version does not know
    public RowStream(Path captured) {
        file = captured.resolve(FILE);
        try {
            in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 64 << 10));
        } catch (IOException failure) {
            throw EngineFailure.ofReading("the snapshot's rows", failure);
        }
        try {
            byte[] magic = in.readNBytes(MAGIC.length);
            if (!Arrays.equals(magic, MAGIC)) {
                throw damaged("it does not begin as such a file does");
            }
            int format = in.readInt();
            if (format != FORMAT) {
                throw new EngineFailure(
                        EngineFailure.Kind.OTHER_FORMAT,
                        file + " has format " + format + ", this program knows format " + FORMAT
                                + ": use the version of the program that wrote it",
                        null);
            }
        } catch (IOException failure) {
            close();
            throw failed(failure);
        } catch (EngineFailure failure) {
            close();
            throw failure;
        }
    }

    @Override
    public boolean next() {
        if (finished) {
            return false;
        }
        try {
            if (at == end && !readBlock()) {
                finished = true;
                return false;
            }
        } catch (IOException failure) {
            throw failed(failure);
        }
        table = tableOf(byteAt());
        int keyLength = varint();
        int valueLength = varint();
        key = bytes(keyLength);
        value = bytes(valueLength);
        rows++;
        return true;
    }

    /// Reads the next block, or the end. False there.
    private boolean readBlock() throws IOException {
        int length = in.readInt();
        int checksum = in.readInt();
        if (length < 0) {
            throw damaged("a block says that it has " + length + " bytes");
        }
        byte[] payload = in.readNBytes(length == 0 ? Long.BYTES : length);
        if (payload.length < (length == 0 ? Long.BYTES : length)) {
            throw new EOFException();
        }
        if (checksum(payload, payload.length) != checksum) {
            throw damaged("a block does not fit its checksum");
        }
        if (length > 0) {
            block = payload;
            at = 0;
            end = length;
            return true;
        }
        long said = ByteBuffer.wrap(payload).getLong();
        if (said != rows || in.read() >= 0) {
            throw damaged("its end speaks of " + said + " rows, " + rows + " were read, and it must be the end");
        }
        return false;
    }

    private Table tableOf(int code) {
        for (Table known : Table.values()) {
            if (known.code() == code) {
                return known;
            }
        }
        throw damaged("there is no table " + code);
    }

    private int byteAt() {
        if (at >= end) {
            throw damaged("a row is cut short");
        }
        return block[at++] & 0xff;
    }

    private int varint() {
        int number = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            int next = byteAt();
            number |= (next & 0x7f) << shift;
            if (next < 0x80) {
                if (number < 0) {
                    break;
                }
                return number;
            }
        }
        throw damaged("a length is no number");
    }

    private byte[] bytes(int length) {
        if (length > end - at) {
            throw damaged("a row is cut short");
        }
        byte[] copy = Arrays.copyOfRange(block, at, at + length);
        at += length;
        return copy;
    }

    @Override
    public Table table() {
        return table;
    }

    @Override
    public byte[] key() {
        return key;
    }

    @Override
    public byte[] value() {
        return value;
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException failure) {
            throw failed(failure);
        }
    }

    private EngineFailure damaged(String how) {
        return new EngineFailure(EngineFailure.Kind.DAMAGED, file + " is damaged: " + how, null);
    }

    private EngineFailure failed(IOException failure) {
        return failure instanceof EOFException
                ? damaged("it ends in the middle")
                : EngineFailure.ofReading(file.toString(), failure);
    }

    private static int checksum(byte[] data, int length) {
        CRC32C checksum = new CRC32C();
        checksum.update(data, 0, length);
        return (int) checksum.getValue();
    }

    /// Writes everything that `reads` shows to a new folder `target`, synced when this returns.
    ///
    /// @throws EngineFailure of kind NO_SPACE when the disk is full
    public static void write(Reads reads, Path target) {
        Path file = target.resolve(FILE);
        try {
            Files.createDirectory(target);
            try (FileChannel channel =
                    FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                Writing writing = new Writing(channel);
                for (Table table : Table.values()) {
                    try (Cursor cursor = reads.cursor(table, new byte[0], null)) {
                        while (cursor.next()) {
                            writing.row(table.code(), cursor.key(), cursor.value());
                        }
                    }
                }
                writing.end();
                channel.force(true);
            }
        } catch (IOException failure) {
            throw EngineFailure.ofWriting("writing " + file + " failed", failure);
        }
    }

    /// The file while it is written.
    private static final class Writing {
        private final FileChannel channel;
        private byte[] payload = new byte[BLOCK + 4096];
        private int size;
        private long rows;

        private Writing(FileChannel channel) throws IOException {
            this.channel = channel;
            ByteBuffer head = ByteBuffer.allocate(MAGIC.length + Integer.BYTES);
            put(head.put(MAGIC).putInt(FORMAT).flip());
        }

        private void row(int table, byte[] key, byte[] value) throws IOException {
            long more = 11L + key.length + value.length;
            if (size + more > BLOCK_MAX) {
                block();
            }
            if (more > BLOCK_MAX) {
                throw new IllegalArgumentException("a row of " + more + " bytes");
            }
            if (size + more > payload.length) {
                payload = Arrays.copyOf(payload, (int) Math.min(BLOCK_MAX, Math.max(size + more, 2L * payload.length)));
            }
            payload[size++] = (byte) table;
            varint(key.length);
            varint(value.length);
            System.arraycopy(key, 0, payload, size, key.length);
            size += key.length;
            System.arraycopy(value, 0, payload, size, value.length);
            size += value.length;
            rows++;
            if (size >= BLOCK) {
                block();
            }
        }

        private void varint(int number) {
            int rest = number;
            while (rest >= 0x80) {
                payload[size++] = (byte) (rest | 0x80);
                rest >>>= 7;
            }
            payload[size++] = (byte) rest;
        }

        private void block() throws IOException {
            if (size > 0) {
                ByteBuffer head = ByteBuffer.allocate(2 * Integer.BYTES);
                put(head.putInt(size).putInt(checksum(payload, size)).flip());
                put(ByteBuffer.wrap(payload, 0, size));
                size = 0;
            }
        }

        private void end() throws IOException {
            block();
            byte[] count = ByteBuffer.allocate(Long.BYTES).putLong(rows).array();
            ByteBuffer tail = ByteBuffer.allocate(2 * Integer.BYTES + Long.BYTES);
            put(tail.putInt(0).putInt(checksum(count, count.length)).put(count).flip());
        }

        private void put(ByteBuffer data) throws IOException {
            while (data.hasRemaining()) {
                channel.write(data);
            }
        }
    }
}
