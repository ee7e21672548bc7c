package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.WatchCreateRequest;
import io.metastore.api.etcd.etcdserverpb.WatchRequest;
import io.metastore.api.etcd.etcdserverpb.WatchResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is wrong with one stream concerns no other stream of its connection. A watch on stream 1 tells.
@BlackBox
class StreamFaultsIT {
    private static final int GRPC_PREFIX = 5;

    static List<RawHttp2.Field> call(String path, RawHttp2.Field... more) {
        List<RawHttp2.Field> fields = new ArrayList<>(List.of(
                new RawHttp2.Field(":method", "POST"),
                new RawHttp2.Field(":scheme", "http"),
                new RawHttp2.Field(":path", path),
                new RawHttp2.Field(":authority", "member"),
                new RawHttp2.Field("content-type", "application/grpc"),
                new RawHttp2.Field("te", "trailers")));
        fields.addAll(List.of(more));
        return fields;
    }

    static WatchResponse watched(RawHttp2 http) throws IOException {
        RawHttp2.Frame frame = http.nextOf(1);
        while (frame.type() != RawHttp2.DATA) {
            frame = http.nextOf(1);
        }
        return WatchResponse.parseFrom(Arrays.copyOfRange(frame.payload(), GRPC_PREFIX, frame.payload().length));
    }

    static void watch(RawHttp2 http, ByteString key) throws IOException {
        http.open(1, call("/etcdserverpb.Watch/Watch"), 1);
        WatchRequest request = WatchRequest.newBuilder()
                .setCreateRequest(WatchCreateRequest.newBuilder().setKey(key))
                .build();
        http.message(1, request.toByteArray(), false);
        assertTrue(watched(http).getCreated());
    }

    private static void stillWatches(RawHttp2 http, Client client, ByteString key) throws IOException {
        client.putRevision(key, "1");
        assertEquals(key, watched(http).getEvents(0).getKv().getKey());
    }

    @ParameterizedTest
    @CsvSource({
        "connection,keep-alive,1",
        "connection,keep-alive,3",
        "Upper,x,1",
        ":path,/again,1",
        ":unknown,x,1",
        ":status,200,1",
    })
    @Statement("GEN-01")
    void headersThatAreNoneResetTheirStream(
            String name, String value, int frames, Member member, Client client, Keys keys) throws IOException {
        byte[] request = Requests.range(keys).build().toByteArray();
        try (RawHttp2 http = new RawHttp2(member.endpoint())) {
            watch(http, keys.key("a"));
            for (int stream = 3; stream < 9; stream += 2) {
                http.open(stream, call("/etcdserverpb.KV/Range", new RawHttp2.Field(name, value)), frames);
                http.message(stream, request, true);
                assertEquals(RawHttp2.RST_STREAM, http.nextOf(stream).type());
            }
            stillWatches(http, client, keys.key("a"));
            http.open(9, call("/etcdserverpb.KV/Range"), 1);
            http.message(9, request, true);
            assertEquals(RawHttp2.HEADERS, http.nextOf(9).type());
        }
    }

    /// etcd answers this one with a status; a reset means the same to a client.
    @ParameterizedTest
    @ValueSource(strings = {"***", "a", "\u00ff"})
    @Statement("GEN-01")
    void aBinaryHeaderThatIsNotBase64(String value, Member member, Client client, Keys keys) throws IOException {
        try (RawHttp2 http = new RawHttp2(member.endpoint())) {
            watch(http, keys.key("a"));
            http.open(3, call("/etcdserverpb.KV/Range", new RawHttp2.Field("x-bin", value)), 1);
            http.message(3, Requests.range(keys).build().toByteArray(), true);
            RawHttp2.Frame end = http.nextOf(3);
            assertTrue(end.isLast() || value.equals("a"), end::toString);
            stillWatches(http, client, keys.key("a"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"abc", "123456789S", "-1S", "", "10x", "S", "1 S", "1s"})
    @Statement("GEN-20")
    void aTimeLimitThatIsNone(String limit, Member member, Client client, Keys keys) throws Exception {
        try (RawHttp2 http = new RawHttp2(member.endpoint())) {
            watch(http, keys.key("a"));
            http.open(3, call("/etcdserverpb.KV/Range", new RawHttp2.Field("grpc-timeout", limit)), 1);
            http.message(3, Requests.range(keys).build().toByteArray(), true);
            RawHttp2.Frame end = http.nextOf(3);
            assertEquals(RawHttp2.HEADERS, end.type());
            assertEquals("400", http.headersOf(3).status().toString());
            stillWatches(http, client, keys.key("a"));
        }
    }
}
