package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.range;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest.SortOrder;
import io.metastore.api.etcd.etcdserverpb.RangeRequest.SortTarget;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.mvccpb.KeyValue;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Range in another order than that of the keys.
@BlackBox
class RangeSortIT {

    /// Created in the order c, a, b; last written in the order b, c, a; versions b 1, c 2, a 3; values a 2, b
    /// 3, c 1.
    private static void fill(Client client, Keys keys) {
        client.put(keys.key("c"), "0");
        client.put(keys.key("a"), "0");
        client.put(keys.key("b"), "3");
        client.put(keys.key("c"), "1");
        client.put(keys.key("a"), "0");
        client.put(keys.key("a"), "2");
    }

    @ParameterizedTest
    @CsvSource({
        "NONE,KEY,a b c",
        "ASCEND,KEY,a b c",
        "DESCEND,KEY,c b a",
        "NONE,VERSION,b c a",
        "ASCEND,VERSION,b c a",
        "DESCEND,VERSION,a c b",
        "NONE,CREATE,c a b",
        "ASCEND,CREATE,c a b",
        "DESCEND,CREATE,b a c",
        "NONE,MOD,b c a",
        "ASCEND,MOD,b c a",
        "DESCEND,MOD,a c b",
        "NONE,VALUE,c a b",
        "ASCEND,VALUE,c a b",
        "DESCEND,VALUE,b a c"
    })
    @Statement({"KVR-06", "KVR-08"})
    void sortsByEveryTarget(SortOrder order, SortTarget target, String expected, Client client, Keys keys) {
        fill(client, keys);

        RangeResponse response = client.range(range(keys).setSortOrder(order).setSortTarget(target));

        assertEquals(List.of(expected.split(" ")), keys.names(response.getKvsList()));
        assertEquals(3, response.getCount());
    }

    @ParameterizedTest
    @CsvSource({"3,0", "99,0", "-1,0", "0,5", "0,77", "1,-1", "7,9"})
    @Statement("KVR-07")
    void refusesOrdersOutsideTheEnum(int order, int target, Client client, Keys keys) {
        RangeRequest.Builder request = range(keys).setSortOrderValue(order).setSortTargetValue(target);

        Refusal.INVALID_SORT_OPTION.of(() -> client.range(request));
        Refusal.INVALID_SORT_OPTION.of(() -> client.txn(Requests.then(Requests.op(request))));
    }

    @Test
    @Statement("KVR-09")
    void returnsEveryTieOnce(Client client, Keys keys) {
        for (String name : List.of("a", "b", "c", "d")) {
            client.put(keys.key(name), "same");
        }

        for (SortTarget target : List.of(SortTarget.VALUE, SortTarget.VERSION)) {
            for (SortOrder order : List.of(SortOrder.ASCEND, SortOrder.DESCEND)) {
                List<KeyValue> kvs = client.range(
                                range(keys).setSortOrder(order).setSortTarget(target))
                        .getKvsList();
                Set<String> names =
                        kvs.stream().map(kv -> keys.name(kv.getKey())).collect(Collectors.toSet());

                assertEquals(4, kvs.size());
                assertEquals(Set.of("a", "b", "c", "d"), names);
            }
        }
    }

    @Test
    @Statement("KVR-10")
    void sortsKeysOnlyByTheValuesItBlanks(Client client, Keys keys) {
        fill(client, keys);

        List<KeyValue> kvs = client.range(range(keys)
                        .setKeysOnly(true)
                        .setSortOrder(SortOrder.DESCEND)
                        .setSortTarget(SortTarget.VALUE))
                .getKvsList();

        assertEquals(List.of("b", "a", "c"), keys.names(kvs));
        assertTrue(kvs.stream().map(KeyValue::getValue).allMatch(ByteString::isEmpty));
    }

    @ParameterizedTest
    @CsvSource({
        // The first limit + 1 keys in key order, sorted, then cut: a and b of a, b, c by modification.
        "NONE,MOD,1,b",
        "NONE,CREATE,1,a",
        "NONE,VALUE,1,a",
        "NONE,MOD,2,b c",
        "ASCEND,MOD,1,b",
        "ASCEND,CREATE,1,c",
        "ASCEND,VALUE,1,c",
        "DESCEND,MOD,1,a",
        "DESCEND,KEY,2,c b"
    })
    @Statement("KVR-11")
    void cutsBeforeOrAfterItSorts(
            SortOrder order, SortTarget target, long limit, String expected, Client client, Keys keys) {
        fill(client, keys);

        RangeResponse response = client.range(
                range(keys).setSortOrder(order).setSortTarget(target).setLimit(limit));

        assertEquals(List.of(expected.split(" ")), keys.names(response.getKvsList()));
        assertTrue(response.getMore());
        assertEquals(3, response.getCount());
    }

    @Test
    @Statement({"KVR-18", "KVR-11", "KVR-17"})
    void sortsTheWholeRangeWhenAFilterIsSet(Client client, Keys keys) {
        fill(client, keys);
        long newest = client.revision();

        RangeResponse response = client.range(range(keys)
                .setSortTarget(SortTarget.CREATE)
                .setMaxModRevision(newest)
                .setLimit(1));

        assertEquals(List.of("c"), keys.names(response.getKvsList()));
        assertTrue(response.getMore());
    }
}
