package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.FROM_KEY;
import static io.metastore.blackbox.Requests.bytes;
import static io.metastore.blackbox.Requests.range;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.Compare.CompareResult;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.mvccpb.KeyValue;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Range: which keys, which revision, what every field of an answer says.
@BlackBox
class RangeIT {

    @Test
    @OwnMember
    @Statement({"KVR-01", "KVR-04"})
    void startsAtRevisionOne(Client client) {
        RangeResponse empty = client.range(range(FROM_KEY, FROM_KEY));

        assertEquals(1, empty.getHeader().getRevision());
        assertEquals(0, empty.getCount());
        assertEquals(List.of(), empty.getKvsList());
        assertFalse(empty.getMore());
        assertEquals(2, client.putRevision(bytes("a"), "1"));
        assertEquals(List.of("a"), names(client.range(range(FROM_KEY, FROM_KEY)), Keys.none()), "the whole key space");
    }

    @Test
    @Statement("KVR-02")
    void raisesTheRevisionByOnePerWriteThatChangesSomething(Client client, Keys keys) {
        long before = client.putRevision(keys.key("a"), "1");
        var many = client.txn(Requests.then(
                Requests.op(Requests.put(keys.key("b"), "1")),
                Requests.op(Requests.put(keys.key("c"), "1")),
                Requests.op(Requests.put(keys.key("d"), "1"))));
        var deleted = client.kv()
                .deleteRange(Requests.delete(keys.prefix(), keys.end()).build());

        assertEquals(before + 1, many.getHeader().getRevision());
        assertEquals(4, deleted.getDeleted());
        assertEquals(before + 2, deleted.getHeader().getRevision());
        assertEquals(before + 2, client.revision());
    }

    @Test
    @Statement("KVR-03")
    void refusesAnEmptyKeyEverywhere(Client client, Keys keys) {
        ByteString none = ByteString.EMPTY;
        ByteString key = keys.key("a");

        Refusal.EMPTY_KEY.of(() -> client.range(range(none)));
        Refusal.EMPTY_KEY.of(() -> client.range(range(none, keys.end())));
        Refusal.EMPTY_KEY.of(() -> client.put(none, "1"));
        Refusal.EMPTY_KEY.of(() -> client.delete(none));
        Refusal.EMPTY_KEY.of(
                () -> client.kv().deleteRange(Requests.delete(none, keys.end()).build()));
        Refusal.EMPTY_KEY.of(() -> client.txn(
                Requests.when(Requests.version(none, CompareResult.EQUAL, 0)).addSuccess(Requests.op(range(key)))));
        Refusal.EMPTY_KEY.of(() -> client.txn(Requests.then(Requests.op(range(none)))));
        Refusal.EMPTY_KEY.of(() -> client.txn(Requests.then(Requests.op(Requests.put(none, "1")))));
        Refusal.EMPTY_KEY.of(() -> client.txn(Requests.then(Requests.op(Requests.delete(none)))));
        Refusal.EMPTY_KEY.of(() ->
                client.txn(Requests.then(Requests.op(Requests.then(Requests.op(Requests.put(none, "1")))))));
    }

    @ParameterizedTest
    @CsvSource({"b,,b", "b,c,b", "b,d,b c", "a,bb,a b", "b,ca,b c", "aa,zz,b c d", "x,,''", "b,b,''", "c,b,''"})
    @Statement({"KVR-04", "KVR-05", "KVR-06"})
    void selectsAHalfOpenInterval(String from, String to, String expected, Client client, Keys keys) {
        for (String name : List.of("d", "b", "a", "c")) {
            client.put(keys.key(name), name);
        }
        RangeRequest.Builder request = range(keys.key(from));
        if (to != null) {
            request.setRangeEnd(keys.key(to));
        }

        RangeResponse response = client.range(request);

        assertEquals(words(expected), names(response, keys));
        assertEquals(words(expected).size(), response.getCount());
        assertFalse(response.getMore());
    }

    @Test
    @Statement({"KVR-04", "KVR-05"})
    void takesOneZeroByteAsOpenEnd(Client client, Keys keys) {
        // Behind every other key of the suite, which are UTF-8 text.
        ByteString first = ByteString.copyFrom(new byte[] {(byte) 0xff, 1});
        ByteString second = ByteString.copyFrom(new byte[] {(byte) 0xff, (byte) 0xff});
        client.put(keys.key("a"), "1");
        client.put(first, "1");
        client.put(second, "2");

        assertEquals(
                List.of(first, second),
                client.range(range(first, FROM_KEY)).getKvsList().stream()
                        .map(KeyValue::getKey)
                        .toList());
        assertEquals(1, client.range(range(second, FROM_KEY)).getCount());
        // Two zero bytes are an ordinary end, and not greater than the key.
        assertEquals(0, client.range(range(first, bytes("\0\0"))).getCount());
        assertEquals(
                2,
                client.kv()
                        .deleteRange(Requests.delete(first, FROM_KEY).build())
                        .getDeleted());
    }

    @Test
    @Statement("KVR-05")
    void deletesNothingInAnEmptyInterval(Client client, Keys keys) {
        long revision = client.putRevision(keys.key("b"), "1");

        var response = client.kv()
                .deleteRange(Requests.delete(keys.key("b"), keys.key("a")).build());

        assertEquals(0, response.getDeleted());
        assertEquals(revision, response.getHeader().getRevision());
        assertTrue(client.get(keys.key("b")).isPresent());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, -1000, Long.MIN_VALUE})
    @Statement({"KVR-12", "KVR-13"})
    void takesNoPositiveLimitAsNone(long limit, Client client, Keys keys) {
        three(client, keys);

        RangeResponse response = client.range(range(keys).setLimit(limit));

        assertEquals(List.of("a", "b", "c"), names(response, keys));
        assertFalse(response.getMore());
        assertEquals(3, response.getCount());
    }

    @ParameterizedTest
    @CsvSource({"1,a,true", "2,a b,true", "3,a b c,false", "4,a b c,false", "9223372036854775807,a b c,false"})
    @Statement({"KVR-13", "KVR-14"})
    void cutsAtTheLimitAndCountsAll(long limit, String expected, boolean more, Client client, Keys keys) {
        three(client, keys);

        RangeResponse response = client.range(range(keys).setLimit(limit));

        assertEquals(words(expected), names(response, keys));
        assertEquals(more, response.getMore());
        assertEquals(3, response.getCount());
    }

    @Test
    @Statement({"KVR-13", "KVR-14", "KVR-17", "KVR-18"})
    void judgesMoreAfterTheFiltersAndCountBefore(Client client, Keys keys) {
        long a = client.putRevision(keys.key("a"), "1");
        client.put(keys.key("b"), "1");
        long c = client.putRevision(keys.key("c"), "1");
        client.put(keys.key("a"), "2");

        RangeResponse all = client.range(range(keys).setLimit(2).setMaxModRevision(c));
        RangeResponse cut = client.range(range(keys).setLimit(1).setMaxModRevision(c));
        RangeResponse old = client.range(range(keys).setLimit(1).setMaxCreateRevision(a));

        assertEquals(List.of("b", "c"), names(all, keys));
        assertFalse(all.getMore());
        assertEquals(3, all.getCount());
        assertEquals(List.of("b"), names(cut, keys));
        assertTrue(cut.getMore());
        assertEquals(3, cut.getCount());
        assertEquals(List.of("a"), names(old, keys));
        assertFalse(old.getMore());
    }

    @Test
    @Statement("KVR-14")
    void countsTheLiveKeysOfTheChosenRevision(Client client, Keys keys) {
        long three = three(client, keys);
        client.delete(keys.key("b"));
        client.put(keys.key("d"), "1");
        client.put(keys.key("e"), "1");

        assertEquals(3, client.range(range(keys).setRevision(three).setLimit(1)).getCount());
        assertEquals(
                2, client.range(range(keys).setRevision(three + 1).setLimit(1)).getCount());
        assertEquals(4, client.range(range(keys).setLimit(1)).getCount());
        assertEquals(
                3,
                client.range(range(keys.key("b"), keys.end()).setLimit(1)).getCount(),
                "counted from the start key given");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 2, 100})
    @Statement("KVR-15")
    void countsOnlyWhenAsked(long limit, Client client, Keys keys) {
        three(client, keys);

        RangeResponse response = client.range(range(keys).setCountOnly(true).setLimit(limit));

        assertEquals(List.of(), response.getKvsList());
        assertFalse(response.getMore());
        assertEquals(3, response.getCount());
    }

    @Test
    @Statement("KVR-16")
    void leavesTheValueOutOfKeysOnlyAndTheLeaseToo(Client client, Keys keys) {
        long lease = client.grant(600);
        long revision = client.kv()
                .put(Requests.put(keys.key("a"), "1").setLease(lease).build())
                .getHeader()
                .getRevision();
        KeyValue bare = KeyValue.newBuilder()
                .setKey(keys.key("a"))
                .setCreateRevision(revision)
                .setModRevision(revision)
                .setVersion(1)
                .build();

        assertEquals(List.of(bare), client.range(range(keys).setKeysOnly(true)).getKvsList());
        assertEquals(
                List.of(bare),
                client.range(range(keys.key("a")).setKeysOnly(true)).getKvsList());
        assertEquals(
                List.of(bare.toBuilder().setLease(lease).build()),
                client.range(range(keys).setKeysOnly(true).setSortTarget(RangeRequest.SortTarget.VALUE))
                        .getKvsList());
    }

    @ParameterizedTest
    @CsvSource({
        "min_mod,2,b c a",
        "max_mod,3,b c",
        "min_create,2,b c",
        "max_create,2,a b",
        "min_mod,5,''",
        "max_create,1,a",
        "min_mod,0,a b c"
    })
    @Statement("KVR-17")
    void filtersByInclusiveRevisions(String bound, long nth, String expected, Client client, Keys keys) {
        long first = client.putRevision(keys.key("a"), "1");
        client.put(keys.key("b"), "1");
        client.put(keys.key("c"), "1");
        client.put(keys.key("a"), "2");
        long revision = nth == 0 ? 0 : first + nth - 1;
        UnaryOperator<RangeRequest.Builder> set = switch (bound) {
            case "min_mod" -> request -> request.setMinModRevision(revision);
            case "max_mod" -> request -> request.setMaxModRevision(revision);
            case "min_create" -> request -> request.setMinCreateRevision(revision);
            default -> request -> request.setMaxCreateRevision(revision);
        };

        RangeResponse response = client.range(set.apply(range(keys)));

        assertEquals(words(expected).stream().sorted().toList(), names(response, keys));
        assertEquals(3, response.getCount());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, -5, Long.MIN_VALUE})
    @Statement("KVR-19")
    void readsTheLatestStateWithoutARevision(long revision, Client client, Keys keys) {
        client.put(keys.key("a"), "1");
        client.put(keys.key("a"), "2");

        RangeResponse response = client.range(range(keys.key("a")).setRevision(revision));

        assertEquals(bytes("2"), response.getKvs(0).getValue());
    }

    @Test
    @Statement("KVR-20")
    void refusesAFutureRevision(Client client, Keys keys) {
        long revision = client.putRevision(keys.key("a"), "1");

        assertEquals(1, client.range(range(keys).setRevision(revision)).getCount());
        Refusal.FUTURE_REV.of(() -> client.range(range(keys).setRevision(revision + 1)));
        Refusal.FUTURE_REV.of(() -> client.range(range(keys).setRevision(Long.MAX_VALUE)));
        Refusal.FUTURE_REV.of(
                () -> client.range(range(keys).setRevision(revision + 1).setSerializable(true)));
    }

    @Test
    @OwnMember
    @Statement("KVR-21")
    void refusesACompactedRevisionAndReadsTheLastOne(Client client, Keys keys) {
        long first = client.putRevision(keys.key("a"), "1");
        long second = client.putRevision(keys.key("a"), "2");
        client.put(keys.key("a"), "3");
        client.kv().compact(Requests.compaction(second));

        Refusal.COMPACTED.of(() -> client.range(range(keys.key("a")).setRevision(first)));
        Refusal.COMPACTED.of(() -> client.range(range(keys.key("nothing")).setRevision(1)));
        assertEquals(
                bytes("2"),
                client.range(range(keys.key("a")).setRevision(second)).getKvs(0).getValue());
    }

    @Test
    @Statement({"KVR-22", "KVR-14"})
    void reportsTheCurrentRevisionForAnOldRead(Client client, Keys keys) {
        long first = client.putRevision(keys.key("a"), "1");
        long second = client.putRevision(keys.key("a"), "2");

        RangeResponse response = client.range(range(keys.key("a")).setRevision(first));

        assertEquals(second, response.getHeader().getRevision());
        assertEquals(bytes("1"), response.getKvs(0).getValue());
        assertEquals(0, client.range(range(keys).setRevision(first - 1)).getCount());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Statement("KVR-23")
    void readsWhatWasAcknowledged(boolean serializable, Member member, Keys keys) {
        try (Client other = member.connect()) {
            for (int i = 0; i < 50; i++) {
                long written = member.client().putRevision(keys.key("a"), "v" + i);
                RangeResponse read = other.range(range(keys.key("a")).setSerializable(serializable));

                assertEquals(bytes("v" + i), read.getKvs(0).getValue());
                assertEquals(written, read.getHeader().getRevision());
            }
        }
    }

    @Test
    @Statement("KVR-25")
    void validatesBeforeItReads(Client client, Keys keys) {
        Refusal.EMPTY_KEY.of(() -> client.range(range(ByteString.EMPTY).setRevision(Long.MAX_VALUE)));
        Refusal.INVALID_SORT_OPTION.of(() ->
                client.range(range(keys.key("a")).setRevision(Long.MAX_VALUE).setSortOrderValue(9)));
        Refusal.EMPTY_KEY.of(() -> client.range(range(ByteString.EMPTY).setSortOrderValue(9)));
    }

    @Test
    @Statement("KVR-26")
    void answersWithoutALimitOfSize(Client client, Keys keys) {
        String value = "x".repeat(1 << 20);
        for (int i = 0; i < 12; i++) {
            client.put(keys.key("big" + (char) ('a' + i)), value);
        }

        RangeResponse response = client.range(range(keys));
        client.kv().deleteRange(Requests.delete(keys.prefix(), keys.end()).build());

        assertEquals(12, response.getKvsCount());
        assertTrue(response.getSerializedSize() > 12 << 20);
    }

    @Test
    @Statement({"KVR-27", "KVR-28"})
    void countsVersionsFromCreationToDeletion(Client client, Keys keys) {
        ByteString key = keys.key("a");
        long first = client.putRevision(key, "1");
        assertEquals(pair(key, "1", first, first, 1), client.get(key).orElseThrow());
        long second = client.putRevision(key, "2");
        assertEquals(pair(key, "2", first, second, 2), client.get(key).orElseThrow());
        long gone = client.delete(key);
        assertTrue(client.get(key).isEmpty());
        long third = client.putRevision(key, "3");
        assertEquals(pair(key, "3", third, third, 1), client.get(key).orElseThrow());

        assertEquals(
                pair(key, "2", first, second, 2),
                client.range(range(key).setRevision(gone - 1)).getKvs(0));
        assertEquals(0, client.range(range(key).setRevision(gone)).getCount());
    }

    @Test
    @Statement({"KVR-27", "KVR-04"})
    void keepsKeysAndValuesAsBytes(Client client, Keys keys) {
        ByteString key = keys.prefix().concat(ByteString.copyFrom(new byte[] {0, (byte) 0xff, 0, 1, (byte) 0x80}));
        ByteString value = ByteString.copyFrom(new byte[] {(byte) 0xff, 0, (byte) 0xfe});
        var ignored = client.kv()
                .put(PutRequest.newBuilder().setKey(key).setValue(value).build());
        client.put(keys.prefix().concat(FROM_KEY), "");

        List<KeyValue> kvs = client.all(keys);

        assertEquals(2, kvs.size());
        assertEquals(keys.prefix().concat(FROM_KEY), kvs.get(0).getKey());
        assertEquals(ByteString.EMPTY, kvs.get(0).getValue());
        assertEquals(key, kvs.get(1).getKey());
        assertEquals(value, kvs.get(1).getValue());
    }

    private static long three(Client client, Keys keys) {
        client.put(keys.key("b"), "1");
        client.put(keys.key("a"), "1");
        return client.putRevision(keys.key("c"), "1");
    }

    private static KeyValue pair(ByteString key, String value, long created, long modified, long version) {
        return KeyValue.newBuilder()
                .setKey(key)
                .setValue(bytes(value))
                .setCreateRevision(created)
                .setModRevision(modified)
                .setVersion(version)
                .build();
    }

    private static List<String> names(RangeResponse response, Keys keys) {
        return keys.names(response.getKvsList());
    }

    private static List<String> words(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(" "));
    }
}
