package io.metastore.lease;

import io.metastore.fuzz.Fuzz;
import io.metastore.mvcc.CorruptRow;
import io.metastore.value.Bytes;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Rows of leases, damaged.
class LeaseRowFuzzTest {
    private static final int KEY = 8;

    /// The first bytes of an input are the row's key, the rest its value.
    @Test
    void leases() {
        Lease lease = new Lease(7, 60, 300);
        byte[] value = LeaseRow.value(lease);
        byte[] row = Arrays.copyOf(LeaseRow.key(7), KEY + value.length);
        System.arraycopy(value, 0, row, KEY, value.length);
        Fuzz.of("rows of leases", CorruptRow.class).run(List.of(row), input -> {
            int split = Math.min(KEY, input.length);
            LeaseRow.lease(Arrays.copyOf(input, split), Arrays.copyOfRange(input, split, input.length));
        });
    }

    @Test
    void keysOfLeases() {
        Fuzz.of("rows of leaseKeys", CorruptRow.class)
                .run(List.of(LeaseRow.attachment(-1, Bytes.utf8("key"))), LeaseRow::userKey);
    }
}
