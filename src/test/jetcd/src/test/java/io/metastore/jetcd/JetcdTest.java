package io.metastore.jetcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.ClientBuilder;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.common.exception.CompactedException;
import io.etcd.jetcd.kv.DeleteResponse;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.lease.LeaseKeepAliveResponse;
import io.etcd.jetcd.lease.LeaseTimeToLiveResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.CompactOption;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.support.CloseableClient;
import io.etcd.jetcd.watch.WatchEvent;
import io.grpc.stub.StreamObserver;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The Java client that people use, unchanged: keys, transactions, watches and leases. The server is the one at
/// `-Dendpoint=http://host:port`; every test has keys of its own. Over TLS: `-Dendpoint=https://host:port
/// -Dcacert=FILE`, with a certificate of the client's `-Dcert=FILE -Dkey=FILE`.
@Timeout(60)
class JetcdTest {
    private static final long PATIENCE_SECONDS = 30;

    private Client jetcd;
    private KV kv;
    private String prefix;

    @BeforeEach
    void connect() throws SSLException {
        String endpoint = System.getProperty("endpoint");
        assertNotNull(endpoint, "-Dendpoint=http://host:port is missing");
        ClientBuilder builder = Client.builder().endpoints(endpoint);
        String authorities = System.getProperty("cacert");
        if (authorities != null) {
            builder.authority("localhost").sslContext(tls -> {
                tls.trustManager(new File(authorities));
                String certificate = System.getProperty("cert");
                if (certificate != null) {
                    tls.keyManager(new File(certificate), new File(System.getProperty("key")));
                }
            });
        }
        jetcd = builder.build();
        kv = jetcd.getKVClient();
        prefix = "jetcd/" + UUID.randomUUID() + "/";
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

    private static String text(ByteSequence bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static <T> T get(CompletableFuture<T> answer) throws Exception {
        return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private static <T> T next(BlockingQueue<T> arrived) throws InterruptedException {
        T first = arrived.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertNotNull(first, "nothing came within " + PATIENCE_SECONDS + " s");
        return first;
    }

    private long put(String name, String value) throws Exception {
        return get(kv.put(key(name), text(value))).getHeader().getRevision();
    }

    private GetResponse all(GetOption.Builder options) throws Exception {
        return get(kv.get(key(""), options.isPrefix(true).build()));
    }

    private static List<String> values(List<KeyValue> pairs) {
        return pairs.stream().map(pair -> text(pair.getValue())).toList();
    }

    @Test
    void keysAndOldRevisions() throws Exception {
        long first = put("a", "1");
        assertEquals(first + 1, put("a", "2"));
        put("b", "3");

        assertEquals(List.of("2", "3"), values(all(GetOption.builder()).getKvs()));
        assertEquals(
                List.of("1"),
                values(all(GetOption.builder().withRevision(first)).getKvs()));
        KeyValue a = get(kv.get(key("a"))).getKvs().getFirst();
        assertEquals(List.of(first, first + 1, 2L), List.of(a.getCreateRevision(), a.getModRevision(), a.getVersion()));

        DeleteResponse deleted = get(kv.delete(
                key(""), DeleteOption.builder().isPrefix(true).withPrevKV(true).build()));
        assertEquals(2, deleted.getDeleted());
        assertEquals(List.of("2", "3"), values(deleted.getPrevKvs()));
        assertEquals(0, get(kv.get(key("a"))).getCount());
    }

    @Test
    void sortedLimitedCounted() throws Exception {
        for (String name : List.of("a", "b", "c")) {
            put(name, "of " + name);
        }

        GetResponse last = all(GetOption.builder()
                .withSortField(GetOption.SortTarget.KEY)
                .withSortOrder(GetOption.SortOrder.DESCEND)
                .withLimit(2));
        assertEquals(List.of("of c", "of b"), values(last.getKvs()));
        assertTrue(last.isMore());
        assertEquals(3, last.getCount());

        GetResponse keys = all(GetOption.builder().withKeysOnly(true));
        assertEquals(List.of("", "", ""), values(keys.getKvs()));
        GetResponse count = all(GetOption.builder().withCountOnly(true));
        assertEquals(3, count.getCount());
        assertTrue(count.getKvs().isEmpty());
    }

    @Test
    void transactions() throws Exception {
        Cmp absent = new Cmp(key("t"), Cmp.Op.EQUAL, CmpTarget.version(0));
        Op take = Op.put(key("t"), text("mine"), PutOption.DEFAULT);
        Op read = Op.get(key("t"), GetOption.DEFAULT);

        TxnResponse won = get(kv.txn().If(absent).Then(take).Else(read).commit());
        assertTrue(won.isSucceeded());
        assertEquals(1, won.getPutResponses().size());
        TxnResponse lost = get(kv.txn().If(absent).Then(take).Else(read).commit());
        assertFalse(lost.isSucceeded());
        assertEquals(List.of("mine"), values(lost.getGetResponses().getFirst().getKvs()));

        Cmp mine = new Cmp(key("t"), Cmp.Op.EQUAL, CmpTarget.value(text("mine")));
        TxnResponse swapped = get(kv.txn()
                .If(mine)
                .Then(
                        Op.put(key("t"), text("yours"), PutOption.DEFAULT),
                        Op.put(key("u"), text("too"), PutOption.DEFAULT),
                        Op.get(key(""), GetOption.builder().isPrefix(true).build()))
                .commit());
        assertTrue(swapped.isSucceeded());
        assertEquals(
                List.of("yours", "too"),
                values(swapped.getGetResponses().getFirst().getKvs()));
        assertEquals(
                List.of(swapped.getHeader().getRevision(), swapped.getHeader().getRevision()),
                all(GetOption.builder()).getKvs().stream()
                        .map(KeyValue::getModRevision)
                        .toList());
    }

    @Test
    void watchesFromThePastAndOn() throws Exception {
        long first = put("w", "1");
        BlockingQueue<WatchEvent> events = new LinkedBlockingQueue<>();
        WatchOption from = WatchOption.builder()
                .withRevision(first)
                .withPrevKV(true)
                .isPrefix(true)
                .build();
        try (Watch.Watcher _ =
                jetcd.getWatchClient().watch(key("w"), from, answer -> events.addAll(answer.getEvents()))) {
            assertEquals("1", text(next(events).getKeyValue().getValue()));
            put("w", "2");
            get(kv.delete(key("w")));

            WatchEvent second = next(events);
            assertEquals(WatchEvent.EventType.PUT, second.getEventType());
            assertEquals("2", text(second.getKeyValue().getValue()));
            assertEquals("1", text(second.getPrevKV().getValue()));
            assertEquals(first + 1, second.getKeyValue().getModRevision());
            WatchEvent third = next(events);
            assertEquals(WatchEvent.EventType.DELETE, third.getEventType());
            assertEquals(first + 2, third.getKeyValue().getModRevision());
        }
    }

    @Test
    void compactedHistoryIsRefused() throws Exception {
        long first = put("c", "1");
        long second = put("c", "2");
        get(kv.compact(second, CompactOption.builder().withCompactPhysical(true).build()));

        ExecutionException refusal = assertThrows(
                ExecutionException.class,
                () -> get(
                        kv.get(key("c"), GetOption.builder().withRevision(first).build())));
        assertTrue(refusal.getMessage().contains("required revision has been compacted"), refusal::toString);

        BlockingQueue<Throwable> ends = new LinkedBlockingQueue<>();
        WatchOption past = WatchOption.builder().withRevision(first).build();
        try (Watch.Watcher _ = jetcd.getWatchClient()
                .watch(
                        key("c"),
                        past,
                        Watch.listener(answer -> ends.add(new AssertionError(answer.toString())), ends::add))) {
            CompactedException end = assertInstanceOf(CompactedException.class, next(ends));
            assertEquals(second, end.getCompactedRevision());
        }
    }

    @Test
    void leasesAndTheirKeys() throws Exception {
        long id = get(jetcd.getLeaseClient().grant(60)).getID();
        get(kv.put(key("l"), text("1"), PutOption.builder().withLeaseId(id).build()));

        LeaseKeepAliveResponse renewed = get(jetcd.getLeaseClient().keepAliveOnce(id));
        assertEquals(60, renewed.getTTL());
        LeaseTimeToLiveResponse left = get(jetcd.getLeaseClient()
                .timeToLive(id, LeaseOption.builder().withAttachedKeys().build()));
        assertEquals(60, left.getGrantedTTL());
        assertEquals(List.of(key("l")), left.getKeys());

        get(jetcd.getLeaseClient().revoke(id));
        assertEquals(0, get(kv.get(key("l"))).getCount());
        assertEquals(
                -1,
                get(jetcd.getLeaseClient().timeToLive(id, LeaseOption.DEFAULT)).getTTL());
    }

    @Test
    void aLeaseIsKeptAliveByAStream() throws Exception {
        long id = get(jetcd.getLeaseClient().grant(3)).getID();
        BlockingQueue<Object> answers = new LinkedBlockingQueue<>();
        try (CloseableClient _ = jetcd.getLeaseClient().keepAlive(id, new StreamObserver<>() {
            @Override
            public void onNext(LeaseKeepAliveResponse answer) {
                answers.add(answer);
            }

            @Override
            public void onError(Throwable problem) {
                answers.add(problem);
            }

            @Override
            public void onCompleted() {
                answers.add("completed");
            }
        })) {
            for (int i = 0; i < 2; i++) {
                LeaseKeepAliveResponse answer = assertInstanceOf(LeaseKeepAliveResponse.class, next(answers));
                assertEquals(id, answer.getID());
                assertEquals(3, answer.getTTL());
            }
        }
    }
}
