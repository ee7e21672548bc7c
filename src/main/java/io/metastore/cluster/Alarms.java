package io.metastore.cluster;

import io.metastore.engine.Cursor;
import io.metastore.engine.Reads;
import io.metastore.engine.Table;
import io.metastore.engine.WriteBatch;
import io.metastore.mvcc.CorruptRow;
import io.metastore.mvcc.RowReader;
import io.metastore.mvcc.RowWriter;
import java.util.List;
import java.util.TreeSet;

/// The alarms that are raised. They outlive restarts and end only when somebody ends them (ALM-04).
///
/// Changed on the apply thread; an immutable copy is published for readers.
public final class Alarms {
    private static final byte[] NOTHING = {};

    private volatile List<Alarm> raised;

    public Alarms(Reads reads) {
        TreeSet<Alarm> found = new TreeSet<>();
        try (Cursor rows = reads.cursor(Table.ALARMS, new byte[0], null)) {
            while (rows.next()) {
                found.add(alarm(rows.key()));
            }
        }
        raised = List.copyOf(found);
    }

    public List<Alarm> raised() {
        return raised;
    }

    public boolean isRaised(Alarm.Type type) {
        for (Alarm alarm : raised) {
            if (alarm.type() == type) {
                return true;
            }
        }
        return false;
    }

    /// Raises `alarm`, again if need be (ALM-10).
    public void raise(Alarm alarm, WriteBatch batch) {
        TreeSet<Alarm> next = new TreeSet<>(raised);
        next.add(alarm);
        batch.put(Table.ALARMS, row(alarm), NOTHING);
        raised = List.copyOf(next);
    }

    /// Ends exactly `alarm`; false when it was not raised (ALM-09).
    public boolean end(Alarm alarm, WriteBatch batch) {
        TreeSet<Alarm> next = new TreeSet<>(raised);
        if (!next.remove(alarm)) {
            return false;
        }
        batch.delete(Table.ALARMS, row(alarm));
        raised = List.copyOf(next);
        return true;
    }

    static Alarm alarm(byte[] key) {
        RowReader row = new RowReader("the key of an alarm", key);
        long memberId = row.fixed();
        int type = row.count();
        row.end();
        try {
            return new Alarm(memberId, Alarm.Type.of(type));
        } catch (IllegalArgumentException e) {
            throw new CorruptRow(e.getMessage());
        }
    }

    static byte[] row(Alarm alarm) {
        byte[] key = new byte[Long.BYTES + RowWriter.sizeOf(alarm.type().number())];
        new RowWriter(key, 0).fixed(alarm.memberId()).number(alarm.type().number());
        return key;
    }
}
