package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.Status.Code;
import io.metastore.api.etcd.etcdserverpb.KVGrpc;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Requests that say they are compressed, and what is wrong with them.
@BlackBox
class CompressedRequestsIT {
    private static byte[] gzip(byte[] message) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream packing = new GZIPOutputStream(out)) {
            packing.write(message);
        }
        return out.toByteArray();
    }

    private static byte[] packed(String form, byte[] message) throws IOException {
        byte[] good = gzip(message);
        return switch (form) {
            case "good" -> good;
            case "plain" -> message;
            case "garbage" -> "garbage".getBytes();
            case "empty" -> new byte[0];
            case "half a header" -> Arrays.copyOf(good, 5);
            case "header alone" -> Arrays.copyOf(good, 10);
            case "cut" -> Arrays.copyOf(good, good.length - 5);
            case "wrong checksum" -> {
                good[good.length - 8] ^= 1;
                yield good;
            }
            case "no message" -> gzip(new byte[] {-1, -1});
            default -> throw new IllegalArgumentException(form);
        };
    }

    @ParameterizedTest
    @CsvSource({
        "good,gzip,1,OK",
        "plain,gzip,0,OK",
        "garbage,gzip,1,INTERNAL",
        "empty,gzip,1,INTERNAL",
        "half a header,gzip,1,INTERNAL",
        "header alone,gzip,1,INTERNAL",
        "cut,gzip,1,INTERNAL",
        "wrong checksum,gzip,1,INTERNAL",
        "no message,gzip,1,INTERNAL",
        "good,identity,1,INTERNAL",
        "plain,foo,0,UNIMPLEMENTED",
        "good,foo,1,UNIMPLEMENTED",
        "good,GZIP,1,UNIMPLEMENTED",
        "good,snappy,1,UNIMPLEMENTED",
        "plain,gzip,2,INTERNAL",
        "plain,gzip,255,INTERNAL"
    })
    void endWithTheirStatus(String form, String encoding, int flag, Code code, Member member, Keys keys)
            throws Exception {
        byte[] message = packed(form, Requests.range(keys).build().toByteArray());
        try (RawHttp2 http = new RawHttp2(member.endpoint())) {
            http.open(
                    1,
                    List.of(
                            new RawHttp2.Field(":method", "POST"),
                            new RawHttp2.Field(":scheme", "http"),
                            new RawHttp2.Field(
                                    ":path", "/" + KVGrpc.getRangeMethod().getFullMethodName()),
                            new RawHttp2.Field(":authority", "member"),
                            new RawHttp2.Field("content-type", "application/grpc"),
                            new RawHttp2.Field("te", "trailers"),
                            new RawHttp2.Field("grpc-encoding", encoding)),
                    1);
            http.message(1, flag, message, true);
            assertEquals(
                    Integer.toString(code.value()),
                    http.end(1).get("grpc-status").toString());
        }
    }
}
