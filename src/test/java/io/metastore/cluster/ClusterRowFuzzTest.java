package io.metastore.cluster;

import io.metastore.fuzz.Fuzz;
import io.metastore.mvcc.CorruptRow;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Rows of members and alarms, damaged.
class ClusterRowFuzzTest {
    @Test
    void members() {
        Member member = new Member(
                5,
                "m0",
                List.of("http://h:2380"),
                List.of("http://h:2379", "http://i:2379"),
                false,
                new Incarnation(2, -9),
                1);
        Fuzz.of("rows of members", CorruptRow.class)
                .run(List.of(Members.encode(member)), input -> Members.decode(5, input));
    }

    @Test
    void alarms() {
        Fuzz.of("rows of alarms", CorruptRow.class)
                .run(
                        List.of(
                                Alarms.row(new Alarm(-1, Alarm.Type.NO_SPACE)),
                                Alarms.row(new Alarm(2, Alarm.Type.CORRUPT))),
                        Alarms::alarm);
    }
}
