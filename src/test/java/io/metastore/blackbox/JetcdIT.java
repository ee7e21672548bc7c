package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.lease.LeaseKeepAliveResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchEvent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The Java client that people use, unchanged: keys, transactions, watches and leases.
@BlackBox
class JetcdIT {
    private io.etcd.jetcd.Client jetcd;
    private String prefix;

    @BeforeEach
    void connect(Member member, Keys keys) {
        jetcd = io.etcd.jetcd.Client.builder()
                .endpoints("http://" + member.endpoint())
                .build();
        prefix = keys.key("jetcd/").toStringUtf8();
    }

    @AfterEach
    void disconnect() {
        jetcd.close();
    }

    private ByteSequence key(String name) {
        return text(prefix + name);
    }

    private static ByteSequence text(String text) {
        return ByteSequence.from(text, StandardCharsets.UTF_8);
    }

    private static <T> T get(CompletableFuture<T> answer) throws Exception {
        return answer.get(30, TimeUnit.SECONDS);
    }

    @Test
    void keysAndOldRevisions() throws Exception {
        long first = get(jetcd.getKVClient().put(key("a"), text("1"))).getHeader().getRevision();
        get(jetcd.getKVClient().put(key("a"), text("2")));
        get(jetcd.getKVClient().put(key("b"), text("3")));

        GetResponse all = get(jetcd.getKVClient().get(key(""), GetOption.builder().isPrefix(true).build()));
        assertEquals(List.of("2", "3"), values(all.getKvs()));
        GetResponse old = get(
                jetcd.getKVClient().get(key("a"), GetOption.builder().withRevision(first).build()));
        assertEquals(List.of("1"), values(old.getKvs()));
        assertEquals(
                2,
                get(jetcd.getKVClient().delete(key(""), DeleteOption.builder().isPrefix(true).build()))
                        .getDeleted());
    }

    private static List<String> values(List<KeyValue> kvs) {
        return kvs.stream().map(kv -> kv.getValue().toString(StandardCharsets.UTF_8)).toList();
    }

    @Test
    void transactions() throws Exception {
        Cmp absent = new Cmp(key("t"), Cmp.Op.EQUAL, CmpTarget.version(0));
        Op put = Op.put(key("t"), text("mine"), PutOption.DEFAULT);
        Op read = Op.get(key("t"), GetOption.DEFAULT);

        TxnResponse won = get(jetcd.getKVClient().txn().If(absent).Then(put).Else(read).commit());
        assertTrue(won.isSucceeded());
        TxnResponse lost = get(jetcd.getKVClient().txn().If(absent).Then(put).Else(read).commit());
        assertFalse(lost.isSucceeded());
        assertEquals(List.of("mine"), values(lost.getGetResponses().getFirst().getKvs()));
    }

    @Test
    void watchesFromThePastAndOn() throws Exception {
        long first = get(jetcd.getKVClient().put(key("w"), text("1"))).getHeader().getRevision();
        BlockingQueue<WatchEvent> events = new LinkedBlockingQueue<>();
        WatchOption from = WatchOption.builder()
                .withRevision(first)
                .withPrevKV(true)
                .isPrefix(true)
                .build();
        try (Watch.Watcher ignored = jetcd.getWatchClient()
                .watch(key("w"), from, response -> events.addAll(response.getEvents()))) {
            get(jetcd.getKVClient().put(key("w"), text("2")));
            get(jetcd.getKVClient().delete(key("w")));

            assertEquals("1", next(events).getKeyValue().getValue().toString(StandardCharsets.UTF_8));
            WatchEvent second = next(events);
            assertEquals("2", second.getKeyValue().getValue().toString(StandardCharsets.UTF_8));
            assertEquals("1", second.getPrevKV().getValue().toString(StandardCharsets.UTF_8));
            assertEquals(WatchEvent.EventType.DELETE, next(events).getEventType());
        }
    }

    private static WatchEvent next(BlockingQueue<WatchEvent> events) throws InterruptedException {
        WatchEvent event = events.poll(30, TimeUnit.SECONDS);
        assertTrue(event != null, "no event within 30 s");
        return event;
    }

    @Test
    void leases() throws Exception {
        long id = get(jetcd.getLeaseClient().grant(60)).getID();
        get(jetcd.getKVClient()
                .put(key("l"), text("1"), PutOption.builder().withLeaseId(id).build()));
        LeaseKeepAliveResponse renewed = get(jetcd.getLeaseClient().keepAliveOnce(id));
        assertEquals(60, renewed.getTTL());
        var left = get(jetcd.getLeaseClient()
                .timeToLive(id, LeaseOption.builder().withAttachedKeys().build()));
        assertEquals(60, left.getGrantedTTL());
        assertEquals(List.of(key("l")), left.getKeys());

        get(jetcd.getLeaseClient().revoke(id));
        assertEquals(0, get(jetcd.getKVClient().get(key("l"))).getCount());
    }
}
