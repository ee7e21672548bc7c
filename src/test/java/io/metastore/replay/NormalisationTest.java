package io.metastore.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.google.protobuf.ByteString;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantRequest;
import io.metastore.api.etcd.etcdserverpb.LeaseGrantResponse;
import io.metastore.api.etcd.etcdserverpb.PutRequest;
import io.metastore.api.etcd.etcdserverpb.PutResponse;
import io.metastore.api.etcd.etcdserverpb.RangeRequest;
import io.metastore.api.etcd.etcdserverpb.RangeRequest.SortTarget;
import io.metastore.api.etcd.etcdserverpb.RangeResponse;
import io.metastore.api.etcd.etcdserverpb.ResponseHeader;
import io.metastore.api.etcd.mvccpb.KeyValue;
import java.util.List;
import org.junit.jupiter.api.Test;

class NormalisationTest {
    private static final RangeRequest BY_VERSION =
            RangeRequest.newBuilder().setSortTarget(SortTarget.VERSION).build();

    private final Normalisation normalisation = new Normalisation(4711, List.of(900L, 901L));

    private static KeyValue pair(String key, long version) {
        return KeyValue.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setVersion(version)
                .build();
    }

    private static RangeResponse answer(boolean more, KeyValue... pairs) {
        return RangeResponse.newBuilder()
                .setMore(more)
                .addAllKvs(List.of(pairs))
                .build();
    }

    private RangeResponse normal(RangeResponse response) {
        return (RangeResponse) normalisation.of(BY_VERSION, response);
    }

    @Test
    void tiesHaveNoOrderButRunsHave() {
        RangeResponse sorted = answer(false, pair("b", 1), pair("a", 1), pair("c", 2));

        assertEquals(answer(false, pair("a", 1), pair("b", 1), pair("c", 2)), normal(sorted));
        assertNotEquals(normal(sorted), normal(answer(false, pair("c", 2), pair("a", 1), pair("b", 1))));
    }

    @Test
    void whichOfATieALimitLeavesIsNotTold() {
        RangeResponse one = normal(answer(true, pair("a", 1), pair("b", 2)));

        assertEquals(one, normal(answer(true, pair("a", 1), pair("c", 2))));
        assertNotEquals(one, normal(answer(true, pair("d", 1), pair("b", 2))));
        assertNotEquals(one, normal(answer(false, pair("a", 1), pair("c", 2))));
    }

    @Test
    void keysInTheirOrderAreLeftAlone() {
        RangeResponse reversed = answer(false, pair("b", 1), pair("a", 1));

        assertEquals(reversed, normalisation.of(RangeRequest.getDefaultInstance(), reversed));
    }

    @Test
    void ofAHeaderTheRevisionIsCompared() {
        ResponseHeader header = ResponseHeader.newBuilder()
                .setClusterId(77)
                .setMemberId(4711)
                .setRaftTerm(3)
                .setRevision(9)
                .build();
        PutResponse response = PutResponse.newBuilder().setHeader(header).build();
        PutResponse normal = (PutResponse) normalisation.of(PutRequest.getDefaultInstance(), response);

        assertEquals(9, normal.getHeader().getRevision());
        assertEquals(1, normal.getHeader().getClusterId());
        assertNotEquals(
                normal,
                normalisation.of(
                        PutRequest.getDefaultInstance(),
                        response.toBuilder()
                                .setHeader(header.toBuilder().clearMemberId())
                                .build()));
    }

    @Test
    void drawnLeasesAreKnownByTheirNumber() {
        LeaseGrantResponse granted =
                LeaseGrantResponse.newBuilder().setID(901).setTTL(60).build();
        LeaseGrantResponse normal =
                (LeaseGrantResponse) normalisation.of(LeaseGrantRequest.getDefaultInstance(), granted);

        assertEquals(Symbol.DRAWN_LEASE.plus(1), normal.getID());
        assertEquals(60, normal.getTTL());
        assertEquals(17, normalisation.lease(17));
    }
}
