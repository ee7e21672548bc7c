package io.metastore.blackbox;

import static io.metastore.blackbox.Requests.range;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest.SortOrder;
import io.metastore.api.etcd.etcdserverpb.RangeRequest.SortTarget;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.etcdserverpb.RangeStreamResponse;
import io.metastore.api.etcd.mvccpb.KeyValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// RangeStream: the answer of Range in parts.
@BlackBox
class RangeStreamIT {

    private static final String NO_ORDERS = "RangeStream does not support custom sort orders";
    private static final String NO_FILTERS = "RangeStream does not support revision filters";

    @ParameterizedTest
    @CsvSource({
        "DESCEND,KEY",
        "ASCEND,VERSION",
        "ASCEND,CREATE",
        "ASCEND,MOD",
        "ASCEND,VALUE",
        "DESCEND,VERSION",
        "DESCEND,VALUE"
    })
    @Statement("RST-02")
    void refusesOtherOrders(SortOrder order, SortTarget target, Client client, Keys keys) {
        Refusal.refused(
                Code.UNIMPLEMENTED,
                NO_ORDERS,
                () -> stream(client, range(keys).setSortOrder(order).setSortTarget(target)));
    }

    @Test
    @Statement({"RST-02", "RST-01"})
    void acceptsAscendingKeys(Client client, Keys keys) {
        client.put(keys.key("a"), "1");

        RangeStreamResponse only = stream(
                        client, range(keys).setSortOrder(SortOrder.ASCEND).setSortTarget(SortTarget.KEY))
                .getFirst();

        assertTrue(only.hasRangeResponse());
        assertEquals(List.of("a"), keys.names(only.getRangeResponse().getKvsList()));
    }

    @Test
    @Statement("RST-03")
    void refusesRevisionFilters(Client client, Keys keys) {
        for (RangeRequest.Builder request : List.of(
                range(keys).setMinModRevision(1),
                range(keys).setMaxModRevision(1),
                range(keys).setMinCreateRevision(1),
                range(keys).setMaxCreateRevision(1))) {
            Refusal.refused(Code.UNIMPLEMENTED, NO_FILTERS, () -> stream(client, request));
        }
    }

    @Test
    @Statement({"RST-02", "KVR-03", "KVR-07"})
    void validatesLikeRange(Client client, Keys keys) {
        Refusal.EMPTY_KEY.of(() -> stream(client, range(ByteString.EMPTY)));
        Refusal.INVALID_SORT_OPTION.of(() -> stream(client, range(keys).setSortOrderValue(9)));
        Refusal.FUTURE_REV.of(() -> stream(client, range(keys).setRevision(Long.MAX_VALUE)));
    }

    /// Versions, creations, changes and values each in an order of their own.
    private static void shuffle(Client client, Keys keys, int size) {
        for (int i = 0; i < size; i++) {
            int key = i * 7 % size;
            for (int version = 0; version <= i * 5 % size; version++) {
                client.put(keys.key(String.format("k%04d", key)), String.format("v%04d", i * 3 % size));
            }
        }
    }

    private static Comparator<KeyValue> by(SortTarget target) {
        return switch (target) {
            case VERSION -> Comparator.comparingLong(KeyValue::getVersion);
            case CREATE -> Comparator.comparingLong(KeyValue::getCreateRevision);
            case MOD -> Comparator.comparingLong(KeyValue::getModRevision);
            case VALUE -> Comparator.comparing(kv -> kv.getValue().toStringUtf8());
            case KEY, UNRECOGNIZED -> throw new AssertionError(target);
        };
    }

    @ParameterizedTest
    @EnumSource(names = {"VERSION", "CREATE", "MOD", "VALUE"})
    @Statement("RST-04")
    void sortsUpwardsWithATargetAndNoOrder(SortTarget target, Client client, Keys keys) {
        shuffle(client, keys, 8);

        RangeResponse response = merged(stream(client, range(keys).setSortTarget(target)));

        assertEquals(client.range(range(keys).setSortTarget(target)), response);
        assertEquals(response.getKvsList().stream().sorted(by(target)).toList(), response.getKvsList(), "in order");
    }

    /// etcd sorts each part for itself, which repeats and loses pairs beyond ten.
    @Test
    @Statement("RST-04")
    void sortsThePartsTogether(Client client, Keys keys) {
        assumeFalse(MemberTarget.isEtcd());
        shuffle(client, keys, 37);
        for (SortTarget target : List.of(SortTarget.VERSION, SortTarget.CREATE, SortTarget.MOD, SortTarget.VALUE)) {
            sortsThePartsTogether(target, client, keys);
        }
    }

    private static void sortsThePartsTogether(SortTarget target, Client client, Keys keys) {
        for (RangeRequest.Builder request : List.of(
                range(keys),
                range(keys).setKeysOnly(true),
                range(keys).setLimit(23),
                range(keys).setCountOnly(true),
                range(keys).setSerializable(true))) {
            request.setSortTarget(target);
            List<RangeStreamResponse> parts = stream(client, request);
            assertEquals(client.range(request), merged(parts));
            assertEquals(request.getCountOnly() ? 1 : request.getLimit() > 0 ? 2 : 3, parts.size());
        }
        List<KeyValue> all =
                merged(stream(client, range(keys).setSortTarget(target))).getKvsList();
        assertEquals(all.stream().sorted(by(target)).toList(), all, "in order");
        assertEquals(37, Set.copyOf(keys.names(all)).size());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 9, 10, 11, 25, 100})
    @Statement({"RST-05", "RST-16"})
    void sendsInPartsWhatRangeSendsAtOnce(int size, Client client, Keys keys) {
        fill(client, keys, size, "value");

        for (RangeRequest.Builder request : List.of(
                range(keys), range(keys).setSerializable(true), range(keys).setLimit(size / 2 + 1))) {
            List<RangeStreamResponse> parts = stream(client, request);
            for (RangeStreamResponse part : parts.subList(0, parts.size() - 1)) {
                RangeResponse inner = part.getRangeResponse();
                assertEquals(
                        RangeResponse.newBuilder().addAllKvs(inner.getKvsList()).build(), inner, "only pairs");
            }
            assertTrue(parts.getLast().getRangeResponse().hasHeader());
            assertEquals(client.range(request), merged(parts));
        }
    }

    @Test
    @Statement({"RST-06", "GEN-09"})
    void sendsOneMessageForNothing(Client client, Keys keys) {
        long revision = client.revision();

        List<RangeStreamResponse> parts = stream(client, range(keys));

        assertEquals(1, parts.size());
        RangeResponse only = parts.getFirst().getRangeResponse();
        assertEquals(0, only.getKvsCount());
        assertEquals(0, only.getCount());
        assertFalse(only.getMore());
        assertEquals(revision, only.getHeader().getRevision());
        assertEquals(client.range(range(keys)), only);
    }

    @Test
    @Statement("RST-07")
    void sendsOneMessageForACount(Client client, Keys keys) {
        fill(client, keys, 25, "value");

        List<RangeStreamResponse> parts =
                stream(client, range(keys).setCountOnly(true).setLimit(3));

        assertEquals(1, parts.size());
        assertEquals(
                client.range(range(keys).setCountOnly(true)), parts.getFirst().getRangeResponse());
        assertEquals(25, parts.getFirst().getRangeResponse().getCount());
    }

    @Test
    @Statement("RST-08")
    void leavesValuesOut(Client client, Keys keys) {
        long lease = client.grant(600);
        for (int i = 0; i < 15; i++) {
            var ignored = client.kv()
                    .put(Requests.put(keys.key("k" + (char) ('a' + i)), "value")
                            .setLease(lease)
                            .build());
        }

        RangeResponse response = merged(stream(client, range(keys).setKeysOnly(true)));

        assertEquals(client.range(range(keys).setKeysOnly(true)), response);
        assertTrue(response.getKvsList().stream()
                .allMatch(kv -> kv.getValue().isEmpty() && kv.getLease() == 0 && kv.getModRevision() > 0));
    }

    @Test
    @Statement("RST-10")
    void reportsTheCurrentRevisionForAnOldOne(Client client, Keys keys) {
        fill(client, keys, 12, "old");
        long old = client.revision();
        long now = client.putRevision(keys.key("later"), "1");

        RangeResponse response = merged(stream(client, range(keys).setRevision(old)));

        assertEquals(now, response.getHeader().getRevision());
        assertEquals(12, response.getCount());
        assertEquals(12, response.getKvsCount());
    }

    @Test
    @Statement("RST-11")
    void doublesSmallParts(Client client, Keys keys) {
        fill(client, keys, 160, "small");

        List<Integer> sizes = stream(client, range(keys)).stream()
                .map(part -> part.getRangeResponse().getKvsCount())
                .toList();

        assertEquals(List.of(10, 20, 40, 80, 10), sizes);
    }

    @Test
    @Statement({"RST-11", "RST-12"})
    void halvesLargeParts(Client client, Keys keys) {
        // Ten values of 400 KiB are more than twice the largest request (1.5 MiB), five of them neither that nor less
        // than half of it.
        fill(client, keys, 24, "x".repeat(400 << 10));

        List<RangeStreamResponse> parts = stream(client, range(keys));
        client.kv().deleteRange(Requests.delete(keys.prefix(), keys.end()).build());

        List<Integer> sizes = parts.stream()
                .map(part -> part.getRangeResponse().getKvsCount())
                .toList();
        assertEquals(List.of(10, 5, 5, 4), sizes);
        assertTrue(parts.getFirst().getSerializedSize() > 10 * (400 << 10));
    }

    @ParameterizedTest
    @CsvSource({"1,1", "10,10", "15,15", "29,29", "30,30", "31,30"})
    @Statement("RST-13")
    void respectsTheLimitAcrossParts(long limit, int sent, Client client, Keys keys) {
        fill(client, keys, 30, "value");

        RangeResponse response = merged(stream(client, range(keys).setLimit(limit)));

        assertEquals(sent, response.getKvsCount());
        assertEquals(limit < 30, response.getMore());
        assertEquals(30, response.getCount());
    }

    @Test
    @Statement({"RST-09", "RST-10"})
    void doesNotSeeLaterWrites(Member member, Keys keys) {
        Client writer = member.client();
        fill(writer, keys, 40, "x".repeat(256 << 10));
        long pinned = writer.revision();
        try (Client slow = member.connectSlow();
                Duplex<RangeRequest, RangeStreamResponse> call = openSlow(slow, range(keys))) {
            List<RangeStreamResponse> parts = new ArrayList<>(List.of(call.next()));
            writer.put(keys.key("zz-later"), "1");
            var ignored = writer.kv()
                    .deleteRange(Requests.delete(keys.key("k0020"), keys.key("k0039"))
                            .build());
            while (!parts.getLast().getRangeResponse().hasHeader()) {
                call.request();
                parts.add(call.next());
            }

            RangeResponse response = merged(parts);
            assertEquals(pinned, response.getHeader().getRevision());
            assertEquals(40, response.getKvsCount());
            assertEquals(40, response.getCount());
        }
    }

    @Test
    @OwnMember
    @Statement("RST-14")
    void endsWhenItsRevisionIsCompacted(Member member, Keys keys) {
        Client writer = member.client();
        fill(writer, keys, 40, "x".repeat(256 << 10));
        try (Client slow = member.connectSlow();
                Duplex<RangeRequest, RangeStreamResponse> call = openSlow(slow, range(keys))) {
            List<KeyValue> seen = new ArrayList<>(call.next().getRangeResponse().getKvsList());
            long later = writer.putRevision(keys.key("zz-later"), "1");
            var ignored = writer.kv().compact(Requests.compaction(later));
            Status end = call.drain(part -> seen.addAll(part.getRangeResponse().getKvsList()));

            assertEquals(Refusal.COMPACTED.code(), end.getCode());
            assertEquals(Refusal.COMPACTED.text(), end.getDescription());
            assertTrue(seen.size() >= 10 && seen.size() < 40, () -> "saw " + seen.size());
        }
    }

    @Test
    @OwnMember
    @Statement("RST-14")
    void refusesACompactedRevision(Client client, Keys keys) {
        long old = client.putRevision(keys.key("a"), "1");
        long now = client.putRevision(keys.key("a"), "2");
        var ignored = client.kv().compact(Requests.compaction(now));

        Refusal.COMPACTED.of(() -> stream(client, range(keys).setRevision(old)));
        assertEquals(1, merged(stream(client, range(keys).setRevision(now))).getKvsCount());
    }

    @Test
    @Statement("RST-17")
    void isCountedAsAServerStream(Member member, Keys keys) {
        stream(member.client(), range(keys));

        Set<String> started = member.metrics()
                .lines()
                .filter(line -> line.startsWith("grpc_server_started_total{")
                        && line.contains("grpc_method=\"RangeStream\"")
                        && line.contains("grpc_service=\"etcdserverpb.KV\""))
                .collect(Collectors.toSet());

        assertEquals(1, started.size());
        assertTrue(started.iterator().next().contains("grpc_type=\"server_stream\""), started::toString);
    }

    private static void fill(Client client, Keys keys, int size, String value) {
        for (int i = 0; i < size; i++) {
            client.put(keys.key(String.format("k%04d", i)), value);
        }
    }

    private static List<RangeStreamResponse> stream(Client client, RangeRequest.Builder request) {
        List<RangeStreamResponse> parts = new ArrayList<>();
        client.kv().rangeStream(request.build()).forEachRemaining(parts::add);
        return parts;
    }

    private static RangeResponse merged(List<RangeStreamResponse> parts) {
        RangeResponse.Builder whole = RangeResponse.newBuilder();
        parts.forEach(part -> whole.mergeFrom(part.getRangeResponse()));
        return whole.build();
    }

    private static Duplex<RangeRequest, RangeStreamResponse> openSlow(Client client, RangeRequest.Builder request) {
        return Duplex.byHand(answers -> client.kvAsync().rangeStream(request.build(), answers));
    }
}
